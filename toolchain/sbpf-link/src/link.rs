//! Reads bitcode and joins it into one module.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use object::read::archive::ArchiveFile;

use crate::llvm::{Context, Machine, Module};

const BITCODE: &[u8] = b"BC\xC0\xDE";
const ARCHIVE: &[u8] = b"!<arch>";
const ELF: &[u8] = b"\x7fELF";
const RUNTIME: &str = include_str!("runtime.ll");

/// One module from all inputs, which must all be laid out as `machine` lays out data: a
/// structure with a 128-bit integer would otherwise mean different bytes on the two sides.
pub fn inputs(context: Context, machine: &Machine, paths: &[PathBuf]) -> Result<Module> {
    let program = Module::new(context, "program");
    program.set_data_layout(&machine.data_layout());
    for path in paths {
        input(&program, machine, path)
            .with_context(|| format!("could not link {}", path.display()))?;
    }
    program.strip_debug_info();
    program.verify("after linking")?;
    Ok(program)
}

fn input(program: &Module, machine: &Machine, path: &Path) -> Result<()> {
    let bytes = std::fs::read(path)?;
    if bytes.starts_with(BITCODE) {
        return bitcode(program, machine, &bytes);
    }
    if bytes.starts_with(ARCHIVE) {
        for member in ArchiveFile::parse(&*bytes)?.members() {
            let data = member?.data(&*bytes)?;
            // Metadata of rustc is the other kind of member.
            if data.starts_with(BITCODE) {
                bitcode(program, machine, data)?;
            }
        }
        return Ok(());
    }
    // rustc lists the exported symbols a second time in an object without code.
    if bytes.starts_with(ELF) && path.file_name().is_some_and(|name| name == "symbols.o") {
        return Ok(());
    }
    bail!("it is neither LLVM bitcode nor an archive");
}

fn bitcode(program: &Module, machine: &Machine, bytes: &[u8]) -> Result<()> {
    let module = Module::from_bitcode(program.context(), bytes)?;
    refuse_other_layout(&module, machine)?;
    program.link(module)
}

/// Refuses a module that lays out data differently than the machine does.
pub fn refuse_other_layout(module: &Module, machine: &Machine) -> Result<()> {
    let (found, wanted) = (module.data_layout(), machine.data_layout());
    if found != wanted {
        bail!("it was compiled for the data layout {found}, and only {wanted} is handled");
    }
    Ok(())
}

/// Adds the functions that legalised code calls.
pub fn runtime(program: &Module) -> Result<()> {
    program.link(Module::from_text(program.context(), RUNTIME)?)
}
