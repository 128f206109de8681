//! What the pages point at exists.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Folders whose paths the pages name in code style.
const FOLDERS: [&str; 8] =
    ["crates/", "docs/", "idl/", "keepers/", "migrations/", "programs/", "tests/", "toolchain/"];

/// Every link to a file and every path in code style leads somewhere.
pub fn check(root: &Path) -> Result<()> {
    let mut pages = in_folder(root)?;
    pages.extend(in_folder(&root.join("docs"))?);
    for page in pages {
        let text = std::fs::read_to_string(&page)
            .with_context(|| format!("reading {}", page.display()))?;
        let folder = page.parent().unwrap_or(root);
        let linked = links(&text).map(|target| (folder, target));
        let named = code(&text).filter(|word| FOLDERS.iter().any(|start| word.starts_with(start)));
        for (base, target) in linked.chain(named.map(|path| (root, path))) {
            if !base.join(target).exists() {
                bail!("{} points at {target}, which does not exist", page.display());
            }
        }
    }
    Ok(())
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    Ok(entries.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")).collect())
}

/// Targets of links to files of the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let targets = targets.map(|(target, _)| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// Words in code style, without the name of something in the file; a path with a placeholder or a
/// pattern is none.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split('`').skip(1).step_by(2);
    let paths = words.map(|word| word.split_once("::").map_or(word, |(path, _)| path));
    paths.filter(|path| !path.contains(['*', '{', ' ', '\n']))
}
