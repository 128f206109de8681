use anchor_lang::Discriminator;
use holdfast::state::{Exchange, Silo};

use super::{NotDecoded, decode};

#[test]
fn another_kind_or_length_is_refused() {
    let mut data = Exchange::DISCRIMINATOR.to_vec();
    data.resize(8 + size_of::<Exchange>(), 7);
    assert_eq!(decode::<Exchange>(&data).map(|exchange| exchange.version), Ok(7));
    assert_eq!(decode::<Silo>(&data).err(), Some(NotDecoded::WrongKind));
    data.push(0);
    assert_eq!(decode::<Exchange>(&data).err(), Some(NotDecoded::WrongLength));
    assert_eq!(decode::<Exchange>(&[]).err(), Some(NotDecoded::WrongKind));
}
