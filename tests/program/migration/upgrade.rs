//! Another version of the program: who may put it there, when it must not, and that it then runs.

use holdfast_client::decode::Kind;
use holdfast_client::holdfast::ID;
use holdfast_client::holdfast::state::{Change, MarginAccount, VERSION};
use holdfast_client::layout::LAYOUTS;
use holdfast_client::{Pubkey, address};
use holdfast_migrations::{ProgramTask, check_layouts, migrate, survey, upgrade_program};
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
