//! The workspace as Cargo describes it.

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::command::root;

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
    /// Asks Cargo.
    ///
    /// # Errors
    /// When a manifest cannot be read.
    pub fn read() -> Result<Self, String> {
        let metadata = MetadataCommand::new()
            .current_dir(root())
            .no_deps()
            .exec()
            .map_err(|error| format!("`cargo metadata` failed: {error}"))?;
        let relative = |path: &cargo_metadata::camino::Utf8Path| {
            path.strip_prefix(&metadata.workspace_root).unwrap_or(path).to_string()
        };
        let mut crates = Vec::new();
        let mut roots = Vec::new();
        let names: Vec<_> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
        for package in &metadata.packages {
            roots.extend(package.targets.iter().map(|target| relative(&target.src_path)));
            let mut uses = Vec::<Use>::new();
            for dependency in &package.dependencies {
                let only_in_tests = dependency.kind == DependencyKind::Development;
                if !names.contains(&dependency.name.as_str()) {
                    continue;
                }
                match uses.iter_mut().find(|known| known.name == dependency.name) {
                    Some(known) => known.only_in_tests &= only_in_tests,
                    None => uses.push(Use { name: dependency.name.clone(), only_in_tests }),
                }
            }
            let manifest = relative(&package.manifest_path);
            crates.push(Crate { name: package.name.to_string(), manifest, uses });
        }
        crates.sort_by(|one, other| one.name.cmp(&other.name));
        roots.sort();
        Ok(Self { crates, roots })
    }
}
