//! Fields of the deployment file whose form the file's parser checks, so that it can show the line.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::oracle::Provider;
use serde::de::{Deserialize, Deserializer, Error};

use crate::hex;

/// An address, in base 58.
pub struct Address(pub Pubkey);

/// A feed's id: 32 bytes in hexadecimal, with or without 0x.
pub struct FeedId(pub [u8; 32]);

/// Who publishes a feed.
pub struct ProviderName(pub Provider);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        let address = text.parse();
        address.map(Self).map_err(|_| D::Error::custom(format!("{text:?} is no Solana address")))
    }
}

impl<'de> Deserialize<'de> for FeedId {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        hex::read(digits).map(Self).ok_or_else(|| {
            D::Error::custom("a feed's id is 64 hexadecimal digits, as its provider lists it")
        })
    }
}

impl<'de> Deserialize<'de> for ProviderName {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        const NAMES: [&str; 4] = ["pyth-pull", "pyth-price-account", "switchboard", "stork"];
        match String::deserialize(source)?.as_str() {
            "pyth-pull" => Ok(Self(Provider::PythPull)),
            "pyth-price-account" => Ok(Self(Provider::PythPriceAccount)),
            "switchboard" => Ok(Self(Provider::Switchboard)),
            "stork" => Ok(Self(Provider::Stork)),
            other => Err(D::Error::unknown_variant(other, &NAMES)),
        }
    }
}
