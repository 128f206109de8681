//! The interface description is kept on the cluster: made before the upgrade authority is handed over,
//! replaced after it, by nobody else, and resumed after a kill at any point.

use holdfast_client::holdfast::ID;
use holdfast_client::{Pubkey, address};
use holdfast_migrations::metadata::{self, HEADER, Kind, PROGRAM, Stored};
use holdfast_migrations::{
    Cluster as _, Deployment, IdlTask, Migration, PackedIdl, migrate, survey,
};
use holdfast_testkit::elf;
use holdfast_testkit::venue::{LONE, Listing, Venue, keypair, silo_plan};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use solana_account::Account;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::metadata::Described;
use super::migration;
use super::resume::KILLED;
use crate::world::{SOL, START_MS};

/// A description with this many bytes that do not pack.
fn idl(bytes: usize) -> PackedIdl {
    let numbers = &mut ChaCha8Rng::seed_from_u64(bytes as u64);
    let docs: String =
        (0..2 * bytes).map(|_| char::from(b'a' + numbers.random_range(0_u8..16))).collect();
    PackedIdl::new(format!("{{\"address\": \"{ID}\", \"docs\": [\"{docs}\"]}}")).unwrap()
}

/// A venue before anything but its program is there, and what it should have.
fn begun() -> (Venue, Deployment) {
    let silo = silo_plan(&[Listing { name: "A", price: SOL, providers: LONE }]);
    let venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let wanted = venue.deployment(vec![silo]);
    (venue, wanted)
}

fn run(
    cluster: &mut Described,
    admin: &Keypair,
    wanted: &Deployment,
    idl: &PackedIdl,
) -> Result<(), String> {
    let elf = elf::read().unwrap();
    let migration = Migration { idl: Some(idl), ..migration(admin, &elf, wanted) };
    migrate(cluster, &migration, |_| {}).map(|_| ())
}

fn task(
    cluster: &mut Described,
    admin: &Keypair,
    wanted: &Deployment,
    idl: &PackedIdl,
) -> Result<Option<IdlTask>, String> {
    let elf = elf::read().unwrap();
    let migration = Migration { idl: Some(idl), ..migration(admin, &elf, wanted) };
    survey(cluster, &migration).map(|found| found.idl)
}

fn account(cluster: &Described) -> Account {
    cluster.cluster.get(&metadata::address(&ID)).unwrap_or_default()
}

/// It is there as it is given, this key may change it, and it holds its rent and no more.
#[track_caller]
fn is_there(cluster: &mut Described, admin: &Keypair, wanted: &Deployment, idl: &PackedIdl) {
    assert_eq!(task(cluster, admin, wanted, idl), Ok(Some(IdlTask::Nothing)));
    let account = account(cluster);
    let stored = Stored::read(&account.data).unwrap();
    assert_eq!(stored.kind, Kind::Idl { mutable: true });
    assert_eq!(stored.authority, Some(admin.pubkey()));
    assert_eq!(account.data.len(), HEADER + stored.content.len());
    assert_eq!(account.lamports, cluster.rent(account.data.len()).unwrap());
    // No buffer is left.
    assert_eq!(cluster.cluster.program_accounts(&PROGRAM).len(), 2);
}

#[test]
fn it_is_made_before_the_handover_and_replaced_after_it() {
    let (venue, wanted) = begun();
    let mut cluster = Described::new(&venue.cluster);
    let admin = &venue.admin;
    // It grows in three steps, and then by another two; then it shrinks.
    for (bytes, before) in [
        (24_000, IdlTask::Upload),
        (24_000, IdlTask::Nothing),
        (40_000, IdlTask::Update),
        (500, IdlTask::Update),
    ] {
        let idl = idl(bytes);
        assert_eq!(task(&mut cluster, admin, &wanted, &idl), Ok(Some(before)), "{bytes}");
        let sends = cluster.sends;
        run(&mut cluster, admin, &wanted, &idl).unwrap();
        assert_eq!(cluster.sends == sends, before == IdlTask::Nothing, "{bytes}");
        is_there(&mut cluster, admin, &wanted, &idl);
    }
    let data = cluster.cluster.get(&address::program_data()).unwrap().data;
    assert_eq!(data[13..45], address::exchange().to_bytes(), "handed over");
}

#[test]
fn a_run_killed_at_any_transaction() {
    let (venue, wanted) = begun();
    let admin = &venue.admin;
    let start = Described::new(&venue.cluster);
    let mut made = start.clone();
    run(&mut made, admin, &wanted, &idl(2_000)).unwrap();
    for (start, idl) in [(start, idl(2_000)), (made, idl(14_000))] {
        let mut whole = start.clone();
        run(&mut whole, admin, &wanted, &idl).unwrap();
        let end = (account(&whole), whole.cluster.get(&admin.pubkey()));
        for dies_at in start.sends..whole.sends {
            for landed in [false, true] {
                let mut first = Described { dies_at, landed, ..start.clone() };
                let died = run(&mut first, admin, &wanted, &idl);
                assert_eq!(died, Err(KILLED.to_owned()), "{dies_at}");
                let mut second = Described { dies_at: usize::MAX, ..first };
                run(&mut second, admin, &wanted, &idl).unwrap();
                is_there(&mut second, admin, &wanted, &idl);
                let found = (account(&second), second.cluster.get(&admin.pubkey()));
                assert_eq!(found, end, "{dies_at} {landed}");
            }
        }
    }
}

#[test]
fn one_that_was_begun_for_another_description_begins_anew() {
    let (venue, wanted) = begun();
    let admin = &venue.admin;
    let mut cluster = Described::new(&venue.cluster);
    let kinds = |cluster: &Described| {
        let accounts = cluster.cluster.program_accounts(&PROGRAM);
        let stored = accounts.iter().filter_map(|(_, account)| Stored::read(&account.data));
        stored.map(|stored| stored.kind).collect::<Vec<_>>()
    };
    // The account itself, and then a buffer to replace what it holds: each killed after its first writes.
    for (killed, other, left) in [(9_000, 3_000, 0), (5_000, 7_000, 1)] {
        cluster.dies_at = cluster.sends + 3;
        run(&mut cluster, admin, &wanted, &idl(killed)).unwrap_err();
        let kinds = kinds(&cluster);
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Buffer).count(), 1);
        assert_eq!(kinds.len(), left + 1);
        cluster.dies_at = usize::MAX;
        run(&mut cluster, admin, &wanted, &idl(other)).unwrap();
        is_there(&mut cluster, admin, &wanted, &idl(other));
    }
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is_sent() {
    let (venue, wanted) = begun();
    let admin = &venue.admin;
    let refused = |cluster: &mut Described, admin: &Keypair, part: &str| {
        let error = task(cluster, admin, &wanted, &idl(900)).unwrap_err();
        assert!(error.contains(part) && error.contains("--idl"), "{error}");
    };
    let mut without = Described::new(&venue.cluster);
    without.cluster.set(PROGRAM, Account::default());
    refused(&mut without, admin, "no program-metadata program");
    let mut cluster = Described::new(&venue.cluster);
    let elf = elf::read().unwrap();
    migrate(&mut cluster, &migration(admin, &elf, &wanted), |_| {}).unwrap();
    refused(&mut cluster, admin, &format!("that is {}", address::exchange()));
    let mut cluster = Described::new(&venue.cluster);
    run(&mut cluster, admin, &wanted, &idl(600)).unwrap();
    refused(&mut cluster, &keypair("thief", 0), &format!("only {} may", admin.pubkey()));
    let mut ended = account(&cluster);
    ended.data[65] = 0;
    cluster.cluster.set(metadata::address(&ID), ended.clone());
    refused(&mut cluster, admin, "was made final");
    ended.owner = Pubkey::new_unique();
    cluster.cluster.set(metadata::address(&ID), ended);
    let error = task(&mut cluster, admin, &wanted, &idl(900)).unwrap_err();
    assert!(error.contains("holds no interface description"), "{error}");
    for (text, part) in [
        ("{", "no interface description"),
        ("{}", "describes the program \"\""),
        ("{\"address\": \"another\"}", "describes the program \"another\""),
    ] {
        let error = PackedIdl::new(text.to_owned()).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn that_of_a_program_which_waits_waits_with_it() {
    let (venue, wanted) = begun();
    let mut cluster = Described::new(&venue.cluster);
    run(&mut cluster, &venue.admin, &wanted, &idl(600)).unwrap();
    let mut other = elf::read().unwrap();
    other.push(0);
    other.push(1);
    let idl = idl(700);
    let migration = Migration { idl: Some(&idl), ..migration(&venue.admin, &other, &wanted) };
    let found = survey(&mut cluster, &migration).unwrap();
    assert_eq!(found.idl, Some(IdlTask::Wait));
}
