//! The on-chain side of the differential tests: runs the vectors in its instruction's data and
//! returns what they compute.
//!
//! Written by hand rather than with a framework, so that a failure is the compiler's.

mod heap;

use holdfast_differential_operations::{Output, VECTOR, run};

/// Most vectors whose results fit the return data.
const MOST: usize = 32;

/// Bytes of one result.
const RESULT: usize = size_of::<Output>();

/// An instruction this program does not understand.
const INVALID_INSTRUCTION: u64 = 3 << 32;

unsafe extern "C" {
    fn sol_set_return_data(data: *const u8, length: u64);
}

/// Where the virtual machine starts the program.
///
/// # Safety
/// `input` is the region the virtual machine serialises an instruction into.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn entrypoint(input: *const u8) -> u64 {
    // SAFETY: without accounts the region holds their number, the data's length and the data.
    let data = unsafe {
        let accounts = input.cast::<u64>().read();
        if accounts != 0 {
            return INVALID_INSTRUCTION;
        }
        let length = input.add(8).cast::<u64>().read();
        core::slice::from_raw_parts(input.add(16), length as usize)
    };
    let (vectors, rest) = data.as_chunks::<VECTOR>();
    if !rest.is_empty() || vectors.len() > MOST {
        return INVALID_INSTRUCTION;
    }
    let mut results = [0; MOST * RESULT];
    for (vector, result) in vectors.iter().zip(results.as_chunks_mut::<RESULT>().0) {
        heap::clear();
        let Some([first, second]) = run(vector) else { return INVALID_INSTRUCTION };
        let (low, high) = result.split_at_mut(RESULT / 2);
        low.copy_from_slice(&first.to_le_bytes());
        high.copy_from_slice(&second.to_le_bytes());
    }
    // SAFETY: the results are there, and the virtual machine copies them.
    unsafe { sol_set_return_data(results.as_ptr(), (vectors.len() * RESULT) as u64) };
    0
}
