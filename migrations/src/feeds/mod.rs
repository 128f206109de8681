//! What stands at the feed accounts of a deployment, and what Pyth lists of them, before its markets depend on
//! them.

mod account;
mod listed;
mod plan;

use holdfast_client::Pubkey;
use holdfast_rpc::clock_of;
use solana_sdk_ids::sysvar::clock;

use crate::{Catalogue, Cluster, Deployment, Place};

/// What is wrong with the feeds of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedFindings {
    /// What does not keep a market from being listed, in sentences; it may keep the market from having a price.
    pub warnings: Vec<String>,
    /// Markets that cannot last, by the silo's number and the market's index, and why.
    pub refusals: Vec<(u16, u8, String)>,
}

/// Looks at the feeds of a deployment: for retired, closed, unreadable, slow or doubled ones, some that can be
/// closed, whose market closes, or whose account is not known, and feeds that share their publishers. Without
/// Pyth's list nobody knows which are retired and whose market closes when.
///
/// # Errors
/// A sentence when the cluster does not answer.
pub fn check_feeds(
    cluster: &mut impl Cluster,
    place: &Place,
    wanted: &Deployment,
    accounts: &[(u16, u8, Pubkey)],
    catalogue: Option<&Catalogue>,
) -> Result<FeedFindings, String> {
    let now = cluster.account(&clock::ID)?.and_then(|found| clock_of(&found.data));
    let mut findings = FeedFindings::default();
    for (number, silo) in (0_u16..).zip(&wanted.silos) {
        for (index, market) in (0_u8..).zip(&silo.markets) {
            let here =
                accounts.iter().filter(|(silo, market, _)| (*silo, *market) == (number, index));
            let here: Vec<_> = here.map(|(.., account)| *account).collect();
            let listed = catalogue.map(|list| listed::of_market(list, market)).unwrap_or_default();
            let mut found = plan::of_market(place, market);
            found.extend(listed.warnings);
            found.extend(account::of_market(cluster, market, &here, now, catalogue)?);
            let named = |what: String| format!("{}: {what}", market.name);
            findings.warnings.extend(found.into_iter().map(named));
            let refused = listed.refusals.into_iter().map(|what| (number, index, named(what)));
            findings.refusals.extend(refused);
        }
        findings.warnings.extend(plan::of_silo(silo));
    }
    Ok(findings)
}
