//! Another version of the program: who may put it there, when it must not, and that it then runs.

use holdfast_client::decode::Kind;
use holdfast_client::holdfast::ID;
use holdfast_client::holdfast::state::{Change, ChangeKind, MarginAccount, VERSION};
use holdfast_client::layout::LAYOUTS;
use holdfast_client::{Pubkey, address, decode};
use holdfast_migrations::{
    ProgramTask, Progress, Step, apply, check_layouts, close_buffer, deploy_program, deployed,
    leftovers, local_program_keypair, migrate, propose_upgrade, survey, upgrade_program,
};
use holdfast_testkit::elf;
use holdfast_testkit::venue::{LONE, Listing, Venue, keypair, silo_plan};
use solana_account::Account;
use solana_signer::Signer;

use super::migration;
use super::resume::{Mortal, killed_everywhere, small_elf};
use crate::world::{SOL, START_MS};

/// Bytes of the program that stands there.
const LENGTH: usize = 4_000;

/// A program with another one standing at its address.
fn with_small_program() -> Venue {
    let mut venue = Venue::bare(START_MS, silo_plan(&[]).mint);
    venue.cluster.install(ID, &venue.admin.pubkey(), &small_elf(LENGTH));
    // Without room to spare.
    let mut data = venue.cluster.get(&address::program_data()).unwrap();
    data.data.truncate(45 + LENGTH);
    venue.cluster.set(address::program_data(), data);
    venue
}

#[test]
fn what_is_deployed_runs_and_what_was_there_does_not() {
    let listing = Listing { name: "A", price: SOL, providers: LONE };
    let silo = silo_plan(&[listing]);
    let mut venue = with_small_program();
    let admin = venue.admin.insecure_clone();
    let (elf, wanted) = (elf::read().unwrap(), venue.deployment(vec![silo]));
    let mut migration = migration(&admin, &elf, &wanted);
    let extend = elf.len() - LENGTH;
    let found = survey(&mut venue.cluster, &migration).unwrap();
    assert_eq!(found.program, ProgramTask::Upgrade { extend });
    let error = migrate(&mut venue.cluster, &migration, |_| {}).unwrap_err();
    assert!(error.contains("pass --upgrade"), "{error}");
    migration.upgrade = true;
    migrate(&mut venue.cluster, &migration, |_| {}).unwrap();
    venue.markets = vec![address::market(&venue.silo, 0)];
    venue.publish(&[SOL]).unwrap();
    assert!(survey(&mut venue.cluster, &migration).unwrap().is_done());
}

#[test]
fn an_upgrade_killed_at_any_transaction() {
    let venue = with_small_program();
    let new = small_elf(LENGTH + 12_000);
    let sends = killed_everywhere(&venue.cluster, &venue.admin, |cluster| {
        upgrade_program(cluster, &venue.admin, &ID, &new, |_| {}).map(|_| ())
    });
    // The extension, the buffer, eighteen writes, the upgrade.
    assert_eq!(sends, 21);
}

#[test]
fn an_extension_is_no_smaller_than_the_loader_allows() {
    let venue = with_small_program();
    let mut client = venue.cluster.clone();
    let new = small_elf(LENGTH + 1);
    assert_eq!(upgrade_program(&mut client, &venue.admin, &ID, &new, |_| {}), Ok(true));
    let length = client.get(&address::program_data()).unwrap().data.len();
    assert_eq!(length, 45 + LENGTH + 10_240);
    // A smaller one fits, and what is left of the one before is gone.
    assert_eq!(
        upgrade_program(&mut client, &venue.admin, &ID, &small_elf(LENGTH), |_| {}),
        Ok(true)
    );
    assert_eq!(
        upgrade_program(&mut client, &venue.admin, &ID, &small_elf(LENGTH), |_| {}),
        Ok(false)
    );
}

#[test]
fn only_the_upgrade_authority_upgrades() {
    let venue = with_small_program();
    let new = small_elf(LENGTH + 1);
    let thief = keypair("thief", 0);
    let mut client = Mortal::immortal(&venue.cluster);
    client.cluster.fund(&thief.pubkey(), 1_000_000_000_000);
    let error = upgrade_program(&mut client, &thief, &ID, &new, |_| {}).unwrap_err();
    assert!(error.contains(&format!("only {} may", venue.admin.pubkey())), "{error}");
    let mut data = client.cluster.get(&address::program_data()).unwrap();
    data.data[12] = 0;
    client.cluster.set(address::program_data(), data);
    let error = upgrade_program(&mut client, &venue.admin, &ID, &new, |_| {}).unwrap_err();
    assert!(error.contains("made final"), "{error}");
    assert_eq!(client.sends, 0);
    let nowhere = Pubkey::new_unique();
    let error = upgrade_program(&mut client, &venue.admin, &nowhere, &new, |_| {}).unwrap_err();
    assert!(error.contains("there is no program"), "{error}");
}

/// A venue that is locked, so that its program is the exchange's.
fn handed_over() -> Venue {
    let listing = Listing { name: "A", price: SOL, providers: LONE };
    Venue::install_silo(START_MS, silo_plan(&[listing])).unwrap()
}

#[test]
fn what_was_handed_over_is_replaced_by_a_change() {
    let mut venue = handed_over();
    let listing = Listing { name: "A", price: SOL, providers: LONE };
    let admin = venue.admin.insecure_clone();
    let (mut elf, wanted) = (elf::read().unwrap(), venue.deployment(vec![silo_plan(&[listing])]));
    elf.extend(b"another version");
    let mut migration = migration(&admin, &elf, &wanted);
    let found = survey(&mut venue.cluster, &migration).unwrap();
    assert_eq!(found.program, ProgramTask::Propose { extend: 0 }, "there is room for it");
    let error = migrate(&mut venue.cluster, &migration, |_| {}).unwrap_err();
    assert!(error.contains("pass --upgrade"), "{error}");
    migration.upgrade = true;
    let mut said = Vec::new();
    migrate(&mut venue.cluster, &migration, |progress| said.push(progress)).unwrap();
    let proposed = ProgramTask::Proposed { number: 0 };
    assert_eq!(said.last(), Some(&Progress::Program(proposed)));
    let found = survey(&mut venue.cluster, &migration).unwrap();
    assert_eq!((found.program, found.is_done()), (proposed, true));
    let change = venue.cluster.get(&address::change(0)).unwrap();
    let change = decode::change(&change.data).unwrap();
    let sha256 = solana_sha256_hasher::hash(&elf).to_bytes();
    assert!(matches!(change.content, ChangeKind::Upgrade { sha256: named, .. } if named == sha256));
    // The old program still runs.
    assert!(!deployed(&mut venue.cluster, &ID).unwrap().unwrap().is(&elf));
    venue.publish(&[SOL]).unwrap();
}

#[test]
fn a_proposal_killed_at_any_transaction() {
    let venue = handed_over();
    let new = small_elf(LENGTH);
    let sends = killed_everywhere(&venue.cluster, &venue.admin, |cluster| {
        propose_upgrade(cluster, &venue.admin, &ID, &new, |_| {}).map(|_| ())
    });
    // The buffer, five writes, its handing over, the proposal.
    assert_eq!(sends, 8);
}

/// What the loader would refuse after a week is refused today, and its buffer can still be closed.
#[test]
fn an_upgrade_is_rehearsed_before_it_is_proposed() {
    let mut venue = handed_over();
    let admin = venue.admin.insecure_clone();
    let broken = b"no program at all".repeat(100);
    let error = propose_upgrade(&mut venue.cluster, &admin, &ID, &broken, |_| {}).unwrap_err();
    assert!(error.contains("the upgrade would fail"), "{error}");
    let left = leftovers(&mut venue.cluster, &admin.pubkey()).unwrap();
    assert_eq!(left.len(), 1);
    close_buffer(&mut venue.cluster, &admin, &left[0].address).unwrap();
    assert_eq!(venue.cluster.get(&address::change(0)), None);
}

#[test]
fn only_the_admin_proposes_an_upgrade() {
    let mut venue = handed_over();
    let thief = keypair("thief", 0);
    venue.cluster.fund(&thief.pubkey(), 1_000_000_000_000);
    let new = small_elf(LENGTH);
    let error = propose_upgrade(&mut venue.cluster, &thief, &ID, &new, |_| {}).unwrap_err();
    assert!(error.contains(&format!("only {} may propose", venue.admin.pubkey())), "{error}");
    let error = upgrade_program(&mut venue.cluster, &venue.admin, &ID, &new, |_| {}).unwrap_err();
    assert!(error.contains(&format!("only {} may", address::exchange())), "{error}");
    // Handed over and not locked yet: there is no queue to put it in.
    let silo = silo_plan(&[]);
    let mut venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let admin = venue.admin.insecure_clone();
    let wanted = venue.deployment(vec![silo]);
    for step in [Step::CreateExchange, Step::CreateSilo(0), Step::HandOver] {
        apply(&mut venue.cluster, &admin, &wanted, step).unwrap();
    }
    let error = propose_upgrade(&mut venue.cluster, &admin, &ID, &new, |_| {}).unwrap_err();
    assert!(error.contains("is not locked yet"), "{error}");
}

/// A deployment leaves room for a program that is twice as large.
#[test]
fn a_deployment_leaves_room() {
    let mut venue = Venue::bare(START_MS, silo_plan(&[]).mint);
    let (program, admin) = (local_program_keypair().unwrap(), venue.admin.insecure_clone());
    let elf = small_elf(LENGTH);
    deploy_program(&mut venue.cluster, &admin, &program, &elf, |_| {}).unwrap();
    let there = deployed(&mut venue.cluster, &ID).unwrap().unwrap();
    assert_eq!(there.code.len(), 2 * LENGTH);
    assert!(there.is(&elf) && there.lacks(&small_elf(2 * LENGTH)) == 0);
}

#[test]
fn accounts_that_the_new_program_does_not_read_are_in_its_way() {
    let account = |head: &[u8], version: u8, length: usize| {
        let mut data = head.to_vec();
        data.push(version);
        data.resize(length, 0);
        Account { lamports: 1_000_000_000, data, owner: ID, executable: false, rent_epoch: 0 }
    };
    let length = 8 + size_of::<MarginAccount>();
    let margin = MarginAccount::DISCRIMINATOR;
    let cases = [
        (account(margin, VERSION + 1, length), Some("layout version 2, read is 1")),
        (account(margin, VERSION - 1, length), Some("layout version 0, read is 1")),
        (account(margin, VERSION, length + 8), Some("MarginAccount of")),
        (account(&[9; 8], VERSION, length), Some("its kind is unknown")),
        (account(Change::DISCRIMINATOR, VERSION + 1, 100), Some("Change of layout version 2")),
        (account(Change::DISCRIMINATOR, VERSION, 100), None),
        (account(margin, VERSION, length), None),
    ];
    for (account, refused) in cases {
        let venue = with_small_program();
        let mut client = Mortal::immortal(&venue.cluster);
        client.cluster.set(Pubkey::new_unique(), account);
        let new = small_elf(LENGTH + 1);
        let upgraded = upgrade_program(&mut client, &venue.admin, &ID, &new, |_| {});
        match refused {
            None => assert_eq!(upgraded, Ok(true)),
            Some(part) => {
                let error = upgraded.unwrap_err();
                assert!(error.contains(part), "{error}");
                assert_eq!(client.sends, 0);
            }
        }
    }
}

#[test]
fn every_kind_of_account_is_known_and_counted() {
    let idl = std::fs::read_to_string(elf::path().with_file_name("../../idl/holdfast.json"));
    let idl: serde_json::Value = serde_json::from_str(&idl.unwrap()).unwrap();
    let mut kinds: Vec<_> = idl["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["name"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    assert_eq!(kinds, LAYOUTS.map(|layout| layout.name));
    let listing = Listing { name: "A", price: SOL, providers: LONE };
    let mut venue = Venue::install_silo(START_MS, silo_plan(&[listing; 2])).unwrap();
    venue.trader(1_000_000).unwrap();
    let counts = check_layouts(&mut venue.cluster, &ID).unwrap();
    let counts: Vec<_> = counts.into_iter().collect();
    let expected =
        [("ChainHealth", 1), ("Exchange", 1), ("MarginAccount", 1), ("Market", 2), ("Silo", 1)];
    assert_eq!(counts, expected);
}
