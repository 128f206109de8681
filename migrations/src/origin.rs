//! Where a program comes from and where it may go. A program that Solana's own toolchain did not
//! compile, and the program keypair that everybody knows, stay on local clusters.

use std::fmt;
use std::net::IpAddr;

use holdfast_client::Pubkey;
use serde::{Deserialize, Serialize};
use solana_keypair::{Keypair, keypair_from_seed};
use solana_signer::Signer;
use url::{Host, Url};

/// Genesis hashes of the public clusters.
const PUBLIC: [(&str, &str); 3] = [
    ("mainnet-beta", "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"),
    ("devnet", "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"),
    ("testnet", "4uhcVJyU9pJkvQyS88uRDiHNEqR4Q1vYh4u1vMGpRoUV"),
];

/// Where the standard library's sources were when Solana's platform tools were built. Panics name
/// the line they happened in, so every program that uses that library carries the path, and the
/// step that strips a program leaves it: it is data, not a symbol.
const PLATFORM_TOOLS: &[u8] = b"/platform-tools/out/rust/library/";

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its genesis hash.
    pub genesis: String,
    /// Whether it is reached on this machine or on a private network.
    pub near: bool,
}

impl Place {
    /// The public cluster it is, if it is one.
    pub fn public_name(&self) -> Option<&'static str> {
        PUBLIC.iter().find(|(_, genesis)| *genesis == self.genesis).map(|(name, _)| *name)
    }

    /// Whether nothing of value can be on it: it is reached on this machine or on a private
    /// network, and its genesis hash is no public cluster's. So an endpoint on this machine that
    /// passes on to devnet is not local, and neither is a cluster of one's own on the internet.
    pub fn is_local(&self) -> bool {
        self.near && self.public_name().is_none()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self.public_name() {
            Some(name) => out.write_str(name),
            None if self.near => write!(out, "a local cluster ({})", self.genesis),
            None => write!(out, "the cluster {}", self.genesis),
        }
    }
}

/// Whether an address names this machine or one on a private network.
pub fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => is_private(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_private(IpAddr::V6(ip)),
        None => false,
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// What compiled a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Solana's platform tools: `cargo build-sbf`, `anchor build`.
    #[serde(rename = "Solana's platform tools")]
    PlatformTools,
    /// Something else, such as this project's linker with the distribution's compiler.
    #[serde(rename = "another toolchain")]
    Another,
}

impl Origin {
    /// What compiled this program, by what it carries.
    pub fn detect(elf: &[u8]) -> Self {
        let found = elf.windows(PLATFORM_TOOLS.len()).any(|window| window == PLATFORM_TOOLS);
        if found { Self::PlatformTools } else { Self::Another }
    }
}

/// The program's keypair on local clusters. Its seed is public, so it must never hold a program on
/// a cluster with value: there, the program is built with an id of its own.
///
/// # Errors
/// Never for this seed.
pub fn local_program_keypair() -> Result<Keypair, String> {
    keypair_from_seed(b"holdfast local program keypair!!").map_err(|error| error.to_string())
}

/// Refuses what must not leave local clusters.
///
/// # Errors
/// A sentence saying why, and what to do instead.
pub fn check(place: &Place, program: &Pubkey, elf: &[u8]) -> Result<(), String> {
    if place.is_local() {
        return Ok(());
    }
    if local_program_keypair()?.pubkey() == *program {
        return Err(format!(
            "this program has the id of local clusters, {program}, whose keypair everybody has, \
             and this is {place}: make a keypair with `solana-keygen new`, put its address into \
             declare_id! in programs/holdfast/src/lib.rs and into Anchor.toml, and build again"
        ));
    }
    match Origin::detect(elf) {
        Origin::PlatformTools => Ok(()),
        Origin::Another => Err(format!(
            "this program was not compiled by Solana's own toolchain (it does not carry the path \
             {}), and this is {place}: a compiler that only this project uses is not trusted with \
             value; build with `cargo build-sbf` or `anchor build`",
            String::from_utf8_lossy(PLATFORM_TOOLS)
        )),
    }
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
