//! The bytes of what Crossbar hands out (crate switchboard-on-demand 0.13.0, `client/crossbar.rs`,
//! `client/secp256k1.rs`, `client/instructions/pull_feed_submit_response_consensus.rs`).

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;

/// What the data of `pull_feed_submit_response_consensus` begins with.
const SUBMIT: [u8; 8] = [239, 124, 39, 184, 147, 222, 16, 248];

/// Bytes of a check of signatures: of where the parts of each are, of a signature with its recovery number,
/// of its signer's address, and of what was signed.
const PLACES: usize = 11;
const SIGNATURE: usize = 65;
const SIGNER: usize = 20;
const MESSAGE: usize = 32;
/// Among the bytes that tell where, those that name an instruction.
const NAMED: [usize; 3] = [2, 5, 10];
/// Accounts of an instruction and bytes of its data, at most: a transaction has 1,232 bytes.
const MOST: usize = 1_232;

/// Takes bytes off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    /// How many follow.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(u64::from_le_bytes(self.take()?)).ok()?;
        (count <= MOST).then_some(count)
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(first)
    }
}

/// An instruction as `bincode` writes it; `None` where it is none.
pub fn instruction(bytes: &[u8]) -> Option<Instruction> {
    let mut reader = Reader(bytes);
    let program_id = Pubkey::from(reader.take::<32>()?);
    let mut accounts = Vec::new();
    for _ in 0..reader.count()? {
        let pubkey = Pubkey::from(reader.take::<32>()?);
        let [is_signer, is_writable] = reader.take::<2>()?.map(|byte| byte != 0);
        accounts.push(AccountMeta { pubkey, is_signer, is_writable });
    }
    let length = reader.count()?;
    let data = reader.bytes(length)?.to_vec();
    reader.0.is_empty().then_some(Instruction { program_id, accounts, data })
}

/// The arguments of `pull_feed_submit_response_consensus`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The slot whose hash was signed.
    pub slot: u64,
    /// A value for each feed, with 18 decimals.
    pub values: Vec<i128>,
}

impl Submission {
    /// Reads an instruction's data.
    pub fn read(data: &[u8]) -> Option<Self> {
        let mut reader = Reader(data);
        let named = reader.take::<8>()? == SUBMIT;
        let slot = u64::from_le_bytes(reader.take()?);
        let count = u32::from_le_bytes(reader.take()?);
        let values: Option<Vec<_>> =
            (0..count).map(|_| reader.take().map(i128::from_le_bytes)).collect();
        let values = values?;
        (named && reader.0.is_empty()).then_some(Self { slot, values })
    }

    /// An instruction's data.
    pub fn data(&self) -> Vec<u8> {
        let count = (self.values.len() as u32).to_le_bytes();
        let values = self.values.iter().flat_map(|value| value.to_le_bytes());
        let mut data = [&SUBMIT[..], &self.slot.to_le_bytes(), &count].concat();
        data.extend(values);
        data
    }
}

/// The data of a check of signatures, whose parts are all within it and all sign the same 32 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatures(Vec<u8>);

impl Signatures {
    /// Reads an instruction's data.
    pub fn read(data: &[u8]) -> Option<Self> {
        let count = usize::from(*data.first()?);
        let places = data.get(1..1 + count * PLACES)?;
        let number =
            |place: &[u8], at: usize| usize::from(u16::from_le_bytes([place[at], place[at + 1]]));
        let instruction = *places.get(NAMED[0])?;
        let message = number(places.get(..PLACES)?, 6);
        let sound = places.chunks_exact(PLACES).all(|place| {
            let within = |from: usize, length: usize| data.get(from..from + length).is_some();
            NAMED.iter().all(|at| place[*at] == instruction)
                && within(number(place, 0), SIGNATURE)
                && within(number(place, 3), SIGNER)
                && number(place, 6) == message
                && within(message, MESSAGE)
                && number(place, 8) == MESSAGE
        });
        (sound && data.len() <= MOST).then(|| Self(data.to_vec()))
    }

    /// How many signatures there are.
    pub fn count(&self) -> usize {
        self.0.first().copied().map_or(0, usize::from)
    }

    /// The data of the same check, as the instruction at this place of its transaction.
    pub fn at(&self, place: u8) -> Vec<u8> {
        let mut data = self.0.clone();
        for signature in 0..self.count() {
            for named in NAMED {
                data[1 + signature * PLACES + named] = place;
            }
        }
        data
    }
}
