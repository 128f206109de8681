//! The chain: how it is doing, what that permits, and how fast things may go while it recovers.

pub mod fuse;
pub mod health;
pub mod landing;
pub mod latency;
pub mod policy;
pub mod rate_limit;
