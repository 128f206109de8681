use anchor_lang::solana_program::bpf_loader_upgradeable::write;
use holdfast_client::Pubkey;

use super::*;
use crate::buffer::CHUNK;

#[test]
fn a_write_fits_a_packet_whatever_is_offered_for_it() {
    let payer = Keypair::new();
    let write = write(&Pubkey::new_unique(), &payer.pubkey(), u32::MAX, vec![1; CHUNK]);
    for price in [0, u64::MAX] {
        let instructions = priced(price, std::slice::from_ref(&write));
        assert_eq!(instructions.len(), 1 + usize::from(price > 0));
        let signed = sign(&instructions, &[&payer], Default::default()).unwrap();
        let length = bincode::serialized_size(&signed).unwrap();
        assert!(length <= 1_232, "{length}");
    }
}
