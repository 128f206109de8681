//! Memory that is handed out once and taken back all together.

use std::alloc::{GlobalAlloc, Layout};

/// Where the virtual machine maps the heap, which starts as zeros. Its first word is how many
/// bytes are taken: the program has no writable statics.
const HEAP: *mut usize = 0x3_0000_0000 as *mut usize;

/// The smallest heap there is.
const LENGTH: usize = 32 * 1024;

#[global_allocator]
static ALLOCATOR: Bump = Bump;

struct Bump;

// SAFETY: ranges are aligned as asked, lie within the heap behind its first word and do not
// overlap until `clear`, which is called when all of them are dropped.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let taken = unsafe { HEAP.read() }.max(size_of::<usize>());
        let start = taken.next_multiple_of(layout.align());
        let end = start + layout.size();
        if end > LENGTH {
            return std::ptr::null_mut();
        }
        unsafe { HEAP.write(end) };
        unsafe { HEAP.cast::<u8>().add(start) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// Takes everything back.
pub fn clear() {
    // SAFETY: the first word of the heap is always there.
    unsafe { HEAP.write(0) };
}
