use std::cell::RefCell;

use holdfast_migrations::read_deployment;
use holdfast_testkit::Cluster;

use crate::Outcome;
use crate::scratch::with_file;

thread_local! {
    /// A cluster on which no feed account exists.
    static CLUSTER: RefCell<Cluster> = RefCell::new(Cluster::new(1_760_000_000_000));
}

/// A deployment file, in TOML.
pub fn deployment(data: &[u8]) -> Outcome {
    let read =
        CLUSTER.with_borrow_mut(|cluster| with_file(data, |path| read_deployment(cluster, path)));
    Outcome::from(&read)
}
