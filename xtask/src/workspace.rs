//! The workspace as Cargo describes it.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::command::{output, root};
use crate::sbpf::MANIFEST;

/// A crate of the workspace.
pub struct Crate {
    /// The package's name.
    pub name: String,
    /// Its manifest, seen from the root of the repository.
    pub manifest: String,
    /// The crates of the workspace that it uses.
    pub uses: Vec<Use>,
}

/// That one crate of the workspace uses another.
pub struct Use {
    /// The used package.
    pub name: String,
    /// Whether only tests and benches use it.
    pub only_in_tests: bool,
}

/// All crates, and where the modules of each start.
pub struct Workspace {
    /// The crates, by name.
    pub crates: Vec<Crate>,
    /// The root file of each target, seen from the root of the repository.
    pub roots: Vec<String>,
}

impl Workspace {
    /// Asks Cargo. The linker is a workspace of its own: only its modules are looked at.
    ///
    /// # Errors
    /// When a manifest cannot be read.
    pub fn read() -> Result<Self, String> {
        let main = describe("Cargo.toml")?;
        let names: Vec<_> = main.packages.iter().map(|package| package.name.as_str()).collect();
        let mut crates: Vec<_> = main.packages.iter().map(|package| one(package, &names)).collect();
        crates.sort_by(|first, second| first.name.cmp(&second.name));
        let linker = describe(MANIFEST)?;
        let packages = main.packages.iter().chain(&linker.packages);
        let targets = packages.flat_map(|package| &package.targets);
        let mut roots: Vec<_> = targets.map(|target| relative(&target.src_path)).collect();
        roots.sort();
        Ok(Self { crates, roots })
    }
}

/// What `cargo metadata` prints, as far as it is used. The crate that reads all of it asks for a
/// feature of `serde_json` which nothing else here has: most of Solana's crates would be compiled
/// once for the drill and again for the tests.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev` or `build`, and nothing for all others.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    src_path: String,
}

fn describe(manifest: &str) -> Result<Metadata, String> {
    let mut describe = Command::new("cargo");
    describe.args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"]);
    let text = output(describe.arg(root().join(manifest)))?;
    serde_json::from_str(&text).map_err(|error| format!("`cargo metadata` is unreadable: {error}"))
}

fn one(package: &Package, names: &[&str]) -> Crate {
    let mut uses = Vec::<Use>::new();
    let known = |dependency: &&Dependency| names.contains(&dependency.name.as_str());
    for dependency in package.dependencies.iter().filter(known) {
        let only_in_tests = dependency.kind.as_deref() == Some("dev");
        match uses.iter_mut().find(|known| known.name == dependency.name) {
            Some(known) => known.only_in_tests &= only_in_tests,
            None => uses.push(Use { name: dependency.name.clone(), only_in_tests }),
        }
    }
    let manifest = relative(&package.manifest_path);
    Crate { name: package.name.clone(), manifest, uses }
}

/// A path seen from the root of the repository.
fn relative(path: &str) -> String {
    let root = root().canonicalize().unwrap_or_else(|_| root());
    let path = Path::new(path);
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}
