//! Updates of Pyth's prices as its service Hermes hands them out. Their signatures are none.

use byteorder::BE;
use pythnet_sdk::accumulators::merkle::MerkleTree;
use pythnet_sdk::hashers::keccak256_160::Keccak160;
use pythnet_sdk::messages::Message;
use pythnet_sdk::wire::to_vec;
use pythnet_sdk::wire::v1::{
    AccumulatorUpdateData, MerklePriceUpdate, Proof, WormholeMerkleRoot, WormholeMessage,
    WormholePayload,
};

use crate::feed::{Published, pyth_update};

/// Who signs, and sends roots from Pyth's chain.
pub struct Signers {
    count: u8,
    set: u32,
    emitter: [u8; 32],
}

/// Wormhole's guardians, who signed until August 2026.
pub const GUARDIANS: Signers = Signers {
    count: 13,
    set: 4,
    emitter: [
        0xe1, 0x01, 0xfa, 0xed, 0xac, 0x58, 0x51, 0xe3, 0x2b, 0x9b, 0x23, 0xb5, 0xf9, 0x41, 0x1a,
        0x8c, 0x2b, 0xac, 0x4a, 0xae, 0x3e, 0xd4, 0xdd, 0x7b, 0x81, 0x1d, 0xd1, 0xa7, 0x2e, 0xa4,
        0xaa, 0x71,
    ],
};
/// Pyth's routers, who have signed since.
pub const ROUTERS: Signers =
    Signers { count: 3, set: 1, emitter: *b"PythnetPythnetPythnetPythnetPyth" };

/// Pyth's chain.
const CHAIN: u16 = 26;
/// Other prices under the same root.
const OTHERS: u8 = 7;

/// An update with these feeds' prices, signed at `signed_ms` by guardians: the longest there is.
pub fn update(prices: &[([u8; 32], Published)], signed_ms: u64) -> Vec<u8> {
    update_by(&GUARDIANS, prices, signed_ms)
}

/// An update with these feeds' prices, signed at `signed_ms`.
pub fn update_by(signers: &Signers, prices: &[([u8; 32], Published)], signed_ms: u64) -> Vec<u8> {
    let others = (0..OTHERS).map(|number| ([0xF0 | number; 32], Published::new(1, signed_ms)));
    let all = prices.iter().copied().chain(others);
    let messages: Vec<_> = all
        .map(|(id, published)| {
            let price = pyth_update(id, published, 0).price_message;
            to_vec::<_, BE>(&Message::PriceFeedMessage(price)).expect("writing to memory")
        })
        .collect();
    let leaves: Vec<_> = messages.iter().map(Vec::as_slice).collect();
    let tree = MerkleTree::<Keccak160>::new(&leaves).expect("there are prices");
    let first = leaves.len().next_power_of_two();
    let updates = messages.iter().take(prices.len()).enumerate().map(|(index, message)| {
        let proof = tree.find_path(first + index);
        MerklePriceUpdate { message: message.clone().into(), proof }
    });
    let mut root = [0; 20];
    root.copy_from_slice(tree.root.as_bytes());
    let vaa = message(signers, root, signed_ms).into();
    let proof = Proof::WormholeMerkle { vaa, updates: updates.collect() };
    to_vec::<_, BE>(&AccumulatorUpdateData::new(proof)).expect("writing to memory")
}

/// What is signed of a root, with signatures of zeros.
fn message(signers: &Signers, root: [u8; 20], signed_ms: u64) -> Vec<u8> {
    let signature = |signer: u8| [&[signer][..], &[0; 65]].concat();
    let seconds = u32::try_from(signed_ms / 1_000).unwrap_or(u32::MAX);
    let root = WormholeMerkleRoot { slot: signed_ms / 400, ring_size: 10_000, root };
    let said = WormholeMessage::new(WormholePayload::Merkle(root));
    [
        &[1][..],
        &signers.set.to_be_bytes(),
        &[signers.count],
        &(0..signers.count).flat_map(signature).collect::<Vec<_>>(),
        &seconds.to_be_bytes(),
        &[0; 4],
        &CHAIN.to_be_bytes(),
        &signers.emitter,
        &signed_ms.to_be_bytes(),
        &[1],
        &to_vec::<_, BE>(&said).expect("writing to memory"),
    ]
    .concat()
}
