use holdfast_client::Pubkey;
use holdfast_client::pyth;

use crate::Outcome;

/// Bytes that a transaction may have.
const MOST_BYTES: usize = 1_232;

/// An update as a host of Hermes hands it out, and the transactions that bring its prices: whatever is
/// read fits them.
pub fn pyth_updates(data: &[u8]) -> Outcome {
    let read = pyth::read(data);
    for price in read.iter().flatten() {
        let payer = Pubkey::new_from_array([7; 32]);
        for instructions in [pyth::open(payer, price), pyth::post(payer, 0, price)] {
            let bytes: usize = instructions.iter().map(|it| it.data.len()).sum();
            assert!(bytes < MOST_BYTES, "{bytes} bytes of data alone");
        }
    }
    Outcome::from(&read)
}
