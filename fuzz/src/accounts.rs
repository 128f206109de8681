use bytemuck::Pod;
use holdfast_client::decode::{Kind, change, decode};
use holdfast_client::holdfast::state::{
    ChainHealth, Exchange, MarginAccount, Market, PoolRequest, Silo,
};

use crate::Outcome;

/// Account data at the client's decoder, as each kind of account. What is decoded has the bytes it
/// was decoded from.
pub fn accounts(data: &[u8]) -> Outcome {
    let decoded = [
        exact::<ChainHealth>(data),
        exact::<Exchange>(data),
        exact::<MarginAccount>(data),
        exact::<Market>(data),
        exact::<PoolRequest>(data),
        exact::<Silo>(data),
        change(data).is_ok(),
    ];
    let kinds = decoded.into_iter().filter(|decoded| *decoded).count();
    assert!(kinds <= 1, "the data of one account was decoded as {kinds} kinds");
    if kinds == 1 { Outcome::Accepted } else { Outcome::Refused }
}

fn exact<T: Pod + Kind>(data: &[u8]) -> bool {
    let Ok(decoded) = decode::<T>(data) else { return false };
    assert_eq!([T::DISCRIMINATOR, bytemuck::bytes_of(&decoded)].concat(), data);
    true
}
