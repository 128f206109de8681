//! Reads a margin account: its money, its positions, and how much of its equity its positions ask.
//!
//! ```text
//! cargo run -p holdfast-examples --bin read_account -- URL OWNER
//! ```

use holdfast_client::holdfast::state::{MarginAccount, Market};
use holdfast_client::{Pubkey, address, standing};
use holdfast_examples::{arguments, read};
use holdfast_rpc::{Address, Endpoint};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), String> {
    let [url, owner] = arguments("read_account URL OWNER")?;
    let owner: Pubkey = owner.parse().map_err(|error| format!("OWNER is no address: {error}"))?;
    let endpoint = Endpoint::named_by("URL", Address(url));

    // Every address of the venue is derived: nothing has to be looked up.
    let silo = address::silo(0);
    let address = address::margin_account(&silo, &owner, 0);
    let account: Option<MarginAccount> = read(&endpoint, &address).await?;
    let account = account.ok_or_else(|| format!("{owner} has no margin account"))?;
    println!("account {address}: collateral {} millionths", account.collateral);

    let mut markets = Vec::new();
    for index in account.open_indices() {
        let market: Option<Market> = read(&endpoint, &address::market(&silo, index)).await?;
        let market = market.ok_or_else(|| format!("there is no market {index}"))?;
        let position = account.position(index);
        let name = String::from_utf8_lossy(&market.name);
        let name = name.trim_end_matches('\0');
        println!(
            "{name}: {} millionths of a unit, entered for {}",
            position.size.0, position.entry.0
        );
        markets.push(market);
    }

    // The program's own rules say where the account stands.
    let market_of = |index| markets.iter().find(|market| market.index == index);
    let health = standing::health(&account, market_of, |market| market.newest_price().middle())
        .map_err(|_| "an amount of the account does not fit")?
        .ok_or("a market of the account was not found")?;
    let (equity, maintenance) = (health.equity.0, health.maintenance.0);
    println!("equity {equity}, maintenance margin {maintenance}, in millionths");
    Ok(())
}
