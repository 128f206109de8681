use holdfast_client::holdfast::state::{FeedSource, Feeds};

use super::*;
use crate::{MarketPlan, SiloPlan, presets};

fn manifest() -> Manifest {
    let feed = |provider: Provider, byte| FeedSource { provider: provider as u8, id: [byte; 32] };
    let market = |name: &str, sources: Vec<FeedSource>| MarketPlan {
        name: name.to_owned(),
        terms: presets::market(1),
        feeds: Feeds { quorum: sources.len() as u8, sources },
    };
    let markets = vec![
        market("A", vec![feed(Provider::PythPriceAccount, 1), feed(Provider::PythPull, 2)]),
        market("B", vec![feed(Provider::PythPull, 3)]),
    ];
    let mint = Pubkey::new_from_array([4; 32]);
    let wanted = Deployment {
        fee_receiver: mint,
        guardians: vec![],
        thresholds: presets::thresholds(),
        timelock: presets::timelock(),
        silos: vec![SiloPlan { mint, terms: presets::silo(), markets }],
    };
    let place = Place { genesis: "genesis".to_owned(), near: true };
    let fixed = [(0, 0, Pubkey::new_from_array([5; 32])), (1, 0, mint)];
    Manifest::new(&place, b"elf", &wanted, &fixed)
}

#[test]
fn it_names_what_is_where() {
    let found = manifest();
    assert_eq!(found.version, 1);
    assert_eq!(found.toolchain, Origin::Another);
    // `printf elf | sha256sum`
    let digest = "780d84b20d7ae7e6292919399348bdbf96025270136198083fc8a4da398b5ca9";
    assert_eq!(found.elf_sha256, digest);
    let silo = &found.silos[0];
    assert_eq!(silo.address, address::silo(0).to_string());
    let names: Vec<_> = silo.markets.iter().map(|market| market.name.as_str()).collect();
    assert_eq!(names, ["A", "B"]);
    let feeds = [1, 5].map(|byte| Pubkey::new_from_array([byte; 32]).to_string());
    assert_eq!(silo.markets[0].feeds, feeds);
    assert!(silo.markets[1].feeds.is_empty());
    assert_eq!(silo.markets[1].address, address::market(&address::silo(0), 1).to_string());
}

#[test]
fn it_is_written_whole_and_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("holdfast-deployment.json");
    fs::write(&path, "an older one").unwrap();
    manifest().write(&path).unwrap();
    assert_eq!(Manifest::read(&path), Ok(manifest()));
    let names: Vec<_> = fs::read_dir(&directory).unwrap().flatten().collect();
    assert_eq!(names.len(), 1, "nothing is left beside it");
}

#[test]
fn what_is_no_manifest_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("holdfast-deployment.json");
    let error = Manifest::read(&path).unwrap_err();
    assert!(error.contains("`holdfast-migrate` writes it"), "{error}");
    fs::write(&path, "{}").unwrap();
    let error = Manifest::read(&path).unwrap_err();
    assert!(error.contains("no deployment manifest"), "{error}");
    let newer = Manifest { version: 2, ..manifest() };
    newer.write(&path).unwrap();
    let error = Manifest::read(&path).unwrap_err();
    assert!(error.contains("manifest of version 2, read is 1"), "{error}");
    let error = newer.write(&path.join("below a file")).unwrap_err();
    assert!(error.contains("choose another --manifest"), "{error}");
}
