//! A local cluster: a validator, a price publisher, demo accounts and keepers as processes.

pub mod publisher;
