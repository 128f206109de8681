//! What there is now of what a change would replace.

use holdfast_client::holdfast::state::{
    ChangeKind, Exchange, FeedSource, Feeds, Market, Silo, TripState,
};
use holdfast_client::{Pubkey, address};
use holdfast_rpc::Endpoint;

use super::queue::Queue;
use crate::change_file::{fields, to_json};
use crate::render;

/// Where the loader has the slot in which a program was deployed, in the account of the program's data: after the
/// word that says what the account is.
const DEPLOYED_AT: usize = 4;
/// That word, as the loader writes it (`UpgradeableLoaderState::ProgramData`).
const PROGRAM_DATA: [u8; DEPLOYED_AT] = 3_u32.to_le_bytes();

/// What a change would replace: each of its fields by its path, with what there is now. Empty where it creates
/// something.
///
/// # Errors
/// A sentence when it cannot be read.
pub async fn present(
    endpoint: &Endpoint,
    queue: &Queue,
    content: &ChangeKind,
) -> Result<Vec<(String, String)>, String> {
    let now = match content {
        ChangeKind::Admin(_) => ChangeKind::Admin(queue.exchange.admin),
        ChangeKind::FeeReceiver(_) => ChangeKind::FeeReceiver(queue.exchange.fee_receiver),
        ChangeKind::Timelock(_) => ChangeKind::Timelock(queue.exchange.timelock),
        ChangeKind::Thresholds(_) => ChangeKind::Thresholds(queue.health.thresholds),
        ChangeKind::MarketTerms { market, .. } => {
            let terms = render::read::<Market>(endpoint, "market", market).await?.terms;
            ChangeKind::MarketTerms { market: *market, terms }
        }
        ChangeKind::MarketFeeds { market, .. } => {
            let found = render::read::<Market>(endpoint, "market", market).await?;
            let listed = found.feeds.iter().take(usize::from(found.feed_count));
            let sources = listed.map(|it| FeedSource { provider: it.provider, id: it.id });
            let feeds = Feeds { sources: sources.collect(), quorum: found.quorum };
            ChangeKind::MarketFeeds { market: *market, feeds }
        }
        ChangeKind::SiloTerms { silo, .. } => {
            let terms = render::read::<Silo>(endpoint, "silo", silo).await?.terms;
            ChangeKind::SiloTerms { silo: *silo, terms }
        }
        ChangeKind::Guardian { leaves, joins } => {
            return Ok(seats(&queue.exchange, [("leaves", *leaves), ("joins", *joins)]));
        }
        ChangeKind::Upgrade { .. } => return program(endpoint).await,
        ChangeKind::FuseReset { silo } => {
            let trip = render::read::<Silo>(endpoint, "silo", silo).await?.trip;
            return Ok(vec![("FuseReset.silo".to_owned(), fuse(&trip))]);
        }
        ChangeKind::Silo { .. } | ChangeKind::Market { .. } => return Ok(Vec::new()),
    };
    Ok(fields(&to_json(&now)))
}

/// Whether those whom a guardian's change names are guardians now.
fn seats(exchange: &Exchange, named: [(&str, Option<Pubkey>); 2]) -> Vec<(String, String)> {
    let seat = |key: Option<Pubkey>| match key {
        None => "none",
        Some(key) if exchange.is_guardian(&key) => "a guardian",
        Some(_) => "no guardian",
    };
    Vec::from(named.map(|(field, key)| (format!("Guardian.{field}"), seat(key).to_owned())))
}

/// The program that runs now, by the slot in which it was deployed.
async fn program(endpoint: &Endpoint) -> Result<Vec<(String, String)>, String> {
    let address = address::program_data();
    let found = endpoint.head(&address, DEPLOYED_AT + size_of::<u64>()).await?;
    let slot = found.and_then(|found| deployed_in(&found.data));
    let runs = slot.map_or_else(
        || format!("a program that cannot be replaced: {address} is not its data"),
        |slot| format!("the program of slot {slot}"),
    );
    let row = |field: &str, now: String| (format!("Upgrade.{field}"), now);
    Ok(vec![row("buffer", "none".to_owned()), row("sha256", runs)])
}

/// The slot in which a program was deployed, by the beginning of its data's account.
fn deployed_in(head: &[u8]) -> Option<u64> {
    let slot = head.strip_prefix(&PROGRAM_DATA)?.first_chunk()?;
    Some(u64::from_le_bytes(*slot))
}

/// How a silo's fuse is, in words.
fn fuse(trip: &TripState) -> String {
    if trip.tripped == 0 {
        return "not tripped".to_owned();
    }
    let parts = [
        (trip.unbacked, "in no vault"),
        (trip.unclaimed, "without an owner"),
        (trip.short, "missing in the liquidity vault"),
        (trip.short_insurance, "missing in the insurance vault"),
    ];
    let parts = parts.into_iter().filter(|(amount, _)| *amount > 0);
    let parts: Vec<_> =
        parts.map(|(amount, what)| format!("{} {what}", render::amount(amount))).collect();
    if parts.is_empty() { "tripped".to_owned() } else { format!("tripped: {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use holdfast_client::holdfast::state::TripState;

    use super::{deployed_in, fuse};

    #[test]
    fn a_program_is_known_by_its_slot() {
        let head = [&[3, 0, 0, 0][..], &77_u64.to_le_bytes()].concat();
        assert_eq!(deployed_in(&head), Some(77));
        assert_eq!(deployed_in(&head[..11]), None);
        assert_eq!(deployed_in(&[]), None);
        // A buffer.
        assert_eq!(deployed_in(&[&[1, 0, 0, 0][..], &[0; 8]].concat()), None);
    }

    #[test]
    fn a_fuse_says_what_was_found() {
        assert_eq!(fuse(&TripState::default()), "not tripped");
        let tripped = TripState { tripped: 1, ..TripState::default() };
        assert_eq!(fuse(&tripped), "tripped");
        let short = TripState { short: 2_500_000, unbacked: 1_000_000, ..tripped };
        assert_eq!(fuse(&short), "tripped: 1 in no vault, 2.5 missing in the liquidity vault");
    }
}
