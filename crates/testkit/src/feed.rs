//! Price feeds as their providers write them.

use anchor_lang::AccountSerialize;
use holdfast_client::Pubkey;
use holdfast_client::holdfast::oracle::PYTH_PRICE_PROGRAM;
use pyth_sdk_solana::state::{AccountType, GenericPriceAccount, MAGIC, PriceStatus, VERSION_2};
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};

use crate::Cluster;
use crate::tokens::set_owned;

/// Decimals of the feeds published here.
const EXPONENT: i32 = -8;

/// What a provider publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Price, millionths.
    pub price: u64,
    /// Half-width of the confidence interval, millionths.
    pub confidence: u64,
    /// When, milliseconds; providers publish whole seconds.
    pub at_ms: u64,
}

impl Published {
    /// A price with a confidence of two hundredths of a percent.
    pub fn new(price: u64, at_ms: u64) -> Self {
        Self { price, confidence: price / 5_000, at_ms }
    }

    /// Millionths in 18 decimals, as Switchboard and Stork write them.
    pub(crate) fn in_eighteen_decimals(value: u64) -> [u8; 16] {
        (i128::from(value) * 1_000_000_000_000).to_le_bytes()
    }

    fn seconds(&self) -> i64 {
        i64::try_from(self.at_ms / 1_000).unwrap_or(i64::MAX)
    }

    fn scaled(value: u64) -> u64 {
        value.saturating_mul(100)
    }

    fn mantissa(&self) -> i64 {
        i64::try_from(Self::scaled(self.price)).unwrap_or(i64::MAX)
    }
}

/// A fully verified update of Pyth's pull oracle.
pub fn pyth_update(id: [u8; 32], published: Published, slot: u64) -> PriceUpdateV2 {
    PriceUpdateV2 {
        write_authority: Pubkey::default(),
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id: id,
            price: published.mantissa(),
            conf: Published::scaled(published.confidence),
            exponent: EXPONENT,
            publish_time: published.seconds(),
            prev_publish_time: published.seconds() - 1,
            ema_price: published.mantissa(),
            ema_conf: Published::scaled(published.confidence),
        },
        posted_slot: slot,
    }
}

/// The program that verified updates belong to.
pub fn pyth_receiver() -> Pubkey {
    pyth_solana_receiver_sdk::ID
}

/// An update as it lies in its account.
pub fn pyth_update_bytes(update: &PriceUpdateV2) -> Vec<u8> {
    let mut data = Vec::with_capacity(PriceUpdateV2::LEN);
    update.try_serialize(&mut data).expect("writing to memory");
    data.resize(PriceUpdateV2::LEN, 0);
    data
}

/// Posts an update, as the receiver program would after verifying it.
pub fn post_pyth_update(cluster: &mut Cluster, address: Pubkey, update: &PriceUpdateV2) {
    set_owned(cluster, address, pyth_update_bytes(update), pyth_receiver());
}

/// A trading aggregate in Pyth's price account.
pub fn pyth_price_account(published: Published) -> GenericPriceAccount<32, ()> {
    let mut account = GenericPriceAccount::<32, ()> {
        magic: MAGIC,
        ver: VERSION_2,
        atype: AccountType::Price as u32,
        expo: EXPONENT,
        timestamp: published.seconds(),
        ..GenericPriceAccount::default()
    };
    account.agg.price = published.mantissa();
    account.agg.conf = Published::scaled(published.confidence);
    account.agg.status = PriceStatus::Trading;
    account
}

/// Writes a price account, as Pyth's program would.
pub fn write_pyth_price_account(
    cluster: &mut Cluster,
    address: Pubkey,
    account: &GenericPriceAccount<32, ()>,
) {
    set_owned(cluster, address, bytemuck::bytes_of(account).to_vec(), PYTH_PRICE_PROGRAM);
}
