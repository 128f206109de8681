//! A local cluster: a validator, a price publisher, demo accounts and keepers as processes.

pub mod cli;
pub mod cluster;
pub mod cluster_client;
pub mod copy;
pub mod deployment;
pub mod page;
pub mod place;
pub mod process;
pub mod proxy;
pub mod publisher;
pub mod tokens;
pub mod validator;
pub mod wait;
pub mod wallets;
