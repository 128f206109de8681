//! The same over HTTP, from a node that lets blockhashes expire.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use holdfast_client::holdfast::ID;
use holdfast_migrations::{
    Cluster, RpcCluster, Step, apply, deploy_program, deployed, leftovers, local_program_keypair,
    migrate, survey,
};
use holdfast_testkit::elf;
use holdfast_testkit::node::{Node, serve};
use holdfast_testkit::venue::{LONE, Listing, Venue, silo_plan};
use solana_signer::Signer;

use super::migration;
use super::resume::small_elf;
use crate::world::{SOL, START_MS};

/// Requests in a slot.
const SLOT: usize = 20;

/// A client of a node on which, each time after `expiry` requests, all blockhashes have expired.
fn connect(venue: &Venue, expiry: usize) -> RpcCluster {
    connect_to(Node::new(venue.cluster.clone()), expiry)
}

fn connect_to(node: Node, expiry: usize) -> RpcCluster {
    let node = Arc::new(Mutex::new(node));
    let mut requests = 0;
    let passes = Mutex::new(move || {
        requests += 1;
        match requests {
            count if count % expiry == 0 => 250,
            count if count % SLOT == 0 => 1,
            _ => 0,
        }
    });
    let address = serve(node, move |node| {
        let slots = (passes.lock().unwrap())();
        if slots > 0 {
            node.cluster.advance(slots * 400, slots, slots);
            node.tick();
        }
    });
    RpcCluster::connect(&format!("http://{}", address.unwrap()), 0).unwrap()
}

#[test]
fn a_program_is_written_while_blockhashes_expire() {
    let venue = Venue::bare(START_MS, silo_plan(&[]).mint);
    let (elf, program) = (small_elf(60_000), local_program_keypair().unwrap());
    let mut cluster = connect(&venue, 50);
    let written = RefCell::new(Vec::new());
    let progress = |bytes| written.borrow_mut().push(bytes);
    let deployed_now = deploy_program(&mut cluster, &venue.admin, &program, &elf, progress);
    assert_eq!(deployed_now, Ok(true));
    assert!(deployed(&mut cluster, &ID).unwrap().unwrap().is(&elf));
    assert_eq!(leftovers(&mut cluster, &venue.admin.pubkey()).unwrap(), []);
    assert_eq!(written.borrow().last(), Some(&elf.len()));
    let again = deploy_program(&mut cluster, &venue.admin, &program, &elf, |_| {});
    assert_eq!(again, Ok(false));
}

#[test]
fn what_follows_the_program() {
    let silo = silo_plan(&[Listing { name: "A", price: SOL, providers: LONE }]);
    let venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let (elf, wanted) = (elf::read().unwrap(), venue.deployment(vec![silo]));
    let migration = migration(&venue.admin, &elf, &wanted);
    // Some of the steps find that their blockhash is not known any more.
    let mut cluster = connect(&venue, 7);
    let manifest = migrate(&mut cluster, &migration, |_| {}).unwrap();
    assert_eq!(manifest.program, ID.to_string());
    let found = survey(&mut cluster, &migration).unwrap();
    assert!(found.is_done() && found.place.is_local(), "{found:?}");
    assert_eq!(found.accounts["Market"], 1);
    let error = apply(&mut cluster, &venue.admin, &wanted, Step::Lock).unwrap_err();
    assert!(error.contains("refused"), "{error}");
}

#[test]
fn an_endpoint_on_this_machine_that_leads_to_devnet() {
    let silo = silo_plan(&[Listing { name: "A", price: SOL, providers: LONE }]);
    let venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let (elf, wanted) = (elf::read().unwrap(), venue.deployment(vec![silo]));
    let migration = migration(&venue.admin, &elf, &wanted);
    let mut node = Node::new(venue.cluster.clone());
    node.genesis = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG".parse().unwrap();
    let mut cluster = connect_to(node, 50);
    let error = migrate(&mut cluster, &migration, |_| {}).map(|_| ()).unwrap_err();
    assert!(error.contains("keypair everybody has, and this is devnet"), "{error}");
}

#[test]
fn addresses_that_lead_nowhere_are_named_without_their_keys() {
    for (url, said) in [
        ("nowhere", "no address of an RPC endpoint"),
        ("ftp://127.0.0.1", "no address of an RPC endpoint"),
        ("http://user:secret@127.0.0.1:1/secret?key=secret", "http://127.0.0.1:1 does not answer"),
    ] {
        let error = RpcCluster::connect(url, 0).map(|_| ()).unwrap_err();
        assert!(error.contains(said) && !error.contains("secret"), "{error}");
    }
    let venue = Venue::bare(START_MS, silo_plan(&[]).mint);
    let mut cluster = connect(&venue, 50);
    assert_eq!(cluster.account(&ID), Ok(None));
}
