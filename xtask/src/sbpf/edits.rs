//! What is edited in the standard library. It has no port to Solana's virtual machine, and its
//! port to another one, zkvm, fits: no threads, no files, and a handful of functions that
//! toolchain/sbpf-link/src/runtime.ll defines.

/// A text that is replaced everywhere in a file.
#[derive(Debug)]
pub struct Edit {
    /// What it is for.
    pub name: &'static str,
    /// Path in the library.
    pub file: &'static str,
    /// The text.
    pub from: &'static str,
    /// What it becomes.
    pub to: &'static str,
    /// How often the text must be there.
    pub times: usize,
}

pub const EDITS: [Edit; 12] = [
    platform("std/src/sys/alloc/mod.rs", 2),
    platform("std/src/sys/args/mod.rs", 1),
    platform("std/src/sys/env/mod.rs", 1),
    platform("std/src/sys/env_consts.rs", 1),
    platform("std/src/sys/io/error/mod.rs", 1),
    platform("std/src/sys/pal/mod.rs", 1),
    platform("std/src/sys/random/mod.rs", 1),
    platform("std/src/sys/stdio/mod.rs", 1),
    platform("std/src/sys/thread_local/mod.rs", 2),
    Edit {
        name: "the allocator aligns to 16 bytes",
        file: "std/src/sys/alloc/mod.rs",
        from: "    target_arch = \"x86_64\",\n",
        to: "    target_arch = \"x86_64\",\n    target_arch = \"bpf\",\n",
        times: 1,
    },
    Edit {
        name: "hash maps have constant keys, since there are no writable statics",
        file: "std/src/hash/random.rs",
        from: "    pub fn new() -> RandomState {\n",
        to: "    pub fn new() -> RandomState {\n        \
             if cfg!(target_os = \"solana\") {\n            \
             return RandomState { k0: 0, k1: 1 };\n        }\n",
        times: 1,
    },
    Edit {
        name: "a stable sort's scratch memory fits a stack frame of 4096 bytes",
        file: "core/src/slice/sort/stable/mod.rs",
        from: "AlignedStorage::<T, 4096>::new()",
        to: "AlignedStorage::<T, 512>::new()",
        times: 2,
    },
];

const fn platform(file: &'static str, times: usize) -> Edit {
    Edit {
        name: "solana is served by the platform zkvm",
        file,
        from: "target_os = \"zkvm\"",
        to: "any(target_os = \"zkvm\", target_os = \"solana\")",
        times,
    }
}
