use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use solana_keypair::keypair_from_seed;

use crate::fees::Fees;
use crate::health::Progress;
use crate::keeper::{Event, Keeper, KeeperConfig};
use crate::witness::Operators;

fn keeper(endpoints: usize) -> Keeper {
    let config = KeeperConfig {
        silo: Pubkey::default(),
        account: Pubkey::default(),
        wallet: keypair_from_seed(&[5; 32]).expect("32 bytes"),
        guardian: None,
        announced: None,
        keepers: Vec::new(),
        feeds: Vec::new(),
        fees: Fees::default(),
        posting: None,
        guard: None,
        dry_run: false,
        operators: Operators::separate(endpoints, 0),
        genesis: None,
    };
    Keeper::new(config, Millis(0))
}

#[test]
fn one_endpoint_that_runs_ahead_expires_nothing() {
    let mut keeper = keeper(3);
    for (endpoint, block_height) in [1_000_000, 5_000, 4_999].into_iter().enumerate() {
        let progress =
            Progress { slot: 6_000, block_height, last_height: 5_150, ..Progress::default() };
        let event = Event::Progress { endpoint, progress, fees: Vec::new(), vouched: None };
        keeper.hear(event, Millis(100));
    }
    keeper.poll(Millis(100));
    assert_eq!(keeper.usable(), [0, 1, 2]);
    assert_eq!(keeper.newest().map(|seen| seen.height), Some(5_000));
}
