//! Which crate may use which: the layers of ARCHITECTURE.md.
//!
//! A crate uses crates of lower layers only, in its tests too. So the embedded cluster knows no
//! keeper, a local cluster does not bring the keepers in, and no two crates need each other.

use super::Finding;
use crate::workspace::{Crate, Workspace};

/// The layers, the lowest first. Crates of one layer do not use each other.
pub const LAYERS: [&[&str]; 12] = [
    &["holdfast-risk", "slotstall"],
    &["holdfast-beacon"],
    &[
        "asker",
        "example-lending",
        "example-vesting",
        "holdfast",
        "lender",
        "mock-oracle",
        "mock-providers",
    ],
    &["holdfast-client"],
    &["holdfast-rpc"],
    &["holdfast-migrations"],
    &["holdfast-testkit"],
    &["holdfast-history", "holdfast-keeper-core", "holdfast-localnet"],
    &["holdfast-simulator"],
    &["holdfast-cli", "holdfast-examples"],
    &[
        "holdfast-model",
        "holdfast-proofs",
        "holdfast-tests",
        "holdfast-fuzz",
        "holdfast-e2e",
        "holdfast-differential",
    ],
    &["holdfast-idl", "xtask"],
];

/// Every crate without a layer, and every use of a crate that is not in a lower one.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings: Vec<_> = workspace.crates.iter().flat_map(one).collect();
    for name in LAYERS.into_iter().flatten() {
        if !workspace.crates.iter().any(|known| known.name == *name) {
            let what = format!("`{name}` has a layer and is no crate of the workspace");
            findings.push(Finding::new("xtask/src/tidy/arrows.rs", None, what));
        }
    }
    findings
}

fn one(user: &Crate) -> Vec<Finding> {
    let finding = |what| Finding::new(&user.manifest, None, what);
    let Some(own) = layer(&user.name) else {
        let what = format!("`{}` has no layer: give it one in xtask/src/tidy/arrows.rs", user.name);
        return vec![finding(what)];
    };
    // A crate may use itself in its tests: with other features.
    let others = user.uses.iter().filter(|used| used.name != user.name);
    let upwards = others.filter(|used| layer(&used.name).is_some_and(|used| used >= own));
    upwards
        .map(|used| {
            let test = if used.only_in_tests { " in its tests" } else { "" };
            let (user, used) = (&user.name, &used.name);
            finding(format!("`{user}` uses `{used}`{test}, which is not in a lower layer"))
        })
        .collect()
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::{LAYERS, check};
    use crate::workspace::{Crate, Use, Workspace};

    fn using(name: &str, used: &[(&str, bool)]) -> Crate {
        let uses = used.iter().map(|(name, only_in_tests)| Use {
            name: (*name).to_owned(),
            only_in_tests: *only_in_tests,
        });
        Crate {
            name: name.to_owned(),
            manifest: format!("{name}/Cargo.toml"),
            uses: uses.collect(),
        }
    }

    /// What is found when every crate is there, and these use others.
    fn found(users: Vec<Crate>) -> Vec<String> {
        let mut crates = users;
        for name in LAYERS.into_iter().flatten() {
            if !crates.iter().any(|user| user.name == *name) {
                crates.push(using(name, &[]));
            }
        }
        let workspace = Workspace { crates, roots: Vec::new() };
        check(&workspace).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_crate_may_use_every_lower_layer() {
        let lower = [("holdfast-client", false), ("holdfast-risk", true)];
        assert_eq!(found(vec![using("holdfast-testkit", &lower)]), [""; 0]);
    }

    #[test]
    fn the_embedded_cluster_knows_no_keeper() {
        let found = found(vec![using("holdfast-testkit", &[("holdfast-keeper-core", false)])]);
        let what = "`holdfast-testkit` uses `holdfast-keeper-core`, which is not in a lower layer";
        assert_eq!(found, [what]);
    }

    #[test]
    fn tests_follow_the_arrows_too() {
        let found = found(vec![using("holdfast-keeper-core", &[("holdfast-simulator", true)])]);
        assert!(found[0].contains("in its tests"), "{found:?}");
    }

    #[test]
    fn crates_of_one_layer_do_not_use_each_other() {
        let found = found(vec![using("holdfast-localnet", &[("holdfast-keeper-core", false)])]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn every_crate_has_a_layer() {
        let found = found(vec![using("holdfast-new", &[])]);
        assert!(found[0].contains("`holdfast-new` has no layer"), "{found:?}");
    }

    #[test]
    fn every_layer_names_crates_that_exist() {
        let workspace = Workspace { crates: Vec::new(), roots: Vec::new() };
        assert_eq!(check(&workspace).len(), LAYERS.into_iter().flatten().count());
    }
}
