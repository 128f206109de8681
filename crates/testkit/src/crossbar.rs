//! Updates of Switchboard's pull feeds as its service Crossbar hands them out. Their signatures are none.

use holdfast_client::holdfast::oracle::SWITCHBOARD_PROGRAM;
use holdfast_client::switchboard::{ORACLES, SECP256K1_PROGRAM, statistics_address};
use holdfast_client::{AccountMeta, Instruction, Pubkey};

use crate::feed::Published;
use crate::switchboard::QUEUE;

/// What the data of `pull_feed_submit_response_consensus` begins with.
const SUBMIT: [u8; 8] = [239, 124, 39, 184, 147, 222, 16, 248];
/// Bytes of a check of signatures: of where the parts of each are, of a signature with its recovery number
/// and its signer's address, and of what was signed.
const PLACES: usize = 11;
const SIGNED_BY: usize = 85;
const MESSAGE: usize = 32;

/// An update of the feed at `account`, signed at a slot: the check of its signatures and its submission, as
/// `bincode` writes instructions.
pub fn update(account: &Pubkey, slot: u64, price: u64) -> [Vec<u8>; 2] {
    [encode(&verify()), encode(&submit(account, slot, price))]
}

/// The check of as many signatures of zeros as keepers ask for, in the first place of its transaction.
fn verify() -> Instruction {
    let head = 1 + ORACLES * PLACES;
    let message = head + ORACLES * SIGNED_BY;
    let place = |at: usize| u16::try_from(at).expect("a transaction is short").to_le_bytes();
    let mut data = vec![ORACLES as u8];
    for number in 0..ORACLES {
        let at = head + number * SIGNED_BY;
        data.extend([&place(at)[..], &[0], &place(at + 65), &[0]].concat());
        data.extend([&place(message)[..], &place(MESSAGE), &[0]].concat());
    }
    data.resize(message + MESSAGE, 0);
    Instruction { program_id: SECP256K1_PROGRAM, accounts: Vec::new(), data }
}

fn submit(account: &Pubkey, slot: u64, price: u64) -> Instruction {
    let oracles: Vec<_> = (1..=ORACLES as u8).map(|byte| Pubkey::from([byte; 32])).collect();
    // Whoever asks puts its own accounts in the place of these.
    let mut accounts = vec![AccountMeta::new_readonly(Pubkey::from(QUEUE), false)];
    accounts.resize(9, AccountMeta::new_readonly(Pubkey::default(), false));
    accounts.push(AccountMeta::new(*account, false));
    accounts.extend(oracles.iter().map(|it| AccountMeta::new_readonly(*it, false)));
    accounts.extend(oracles.iter().map(|it| AccountMeta::new(statistics_address(it), false)));
    let value = Published::in_eighteen_decimals(price);
    let data = [&SUBMIT[..], &slot.to_le_bytes(), &1_u32.to_le_bytes(), &value].concat();
    Instruction { program_id: SWITCHBOARD_PROGRAM, accounts, data }
}

fn encode(instruction: &Instruction) -> Vec<u8> {
    let length = |length: usize| (length as u64).to_le_bytes();
    let account = |it: &AccountMeta| {
        [&it.pubkey.to_bytes()[..], &[u8::from(it.is_signer), u8::from(it.is_writable)]].concat()
    };
    let accounts: Vec<_> = instruction.accounts.iter().flat_map(account).collect();
    let program = instruction.program_id.to_bytes();
    let head = [&program[..], &length(instruction.accounts.len())].concat();
    [&head[..], &accounts, &length(instruction.data.len()), &instruction.data].concat()
}
