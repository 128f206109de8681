//! Solana's program-metadata program, as far as an interface description takes it: addresses,
//! instructions and what its accounts hold. `tests/ts/metadata.test.ts` compares the bytes with those of
//! its own client.

use anchor_lang::solana_program::bpf_loader_upgradeable::get_program_data_address;
use holdfast_client::instruction::{RENT, SYSTEM_PROGRAM};
use holdfast_client::{AccountMeta, Instruction, Pubkey};

/// The program. Passed in place of an account, it stands for none.
pub const PROGRAM: Pubkey = Pubkey::from_str_const("ProgM6JCCvbYkfKqJYHePx4xxSUSqJp7rh8Lyv7nk7S");
/// Bytes before an account's content.
pub const HEADER: usize = 96;
/// An account grows by no more in one instruction.
pub const MOST_GROWTH: usize = 10_240;
/// What an interface description is found by.
const SEED: [u8; 16] = *b"idl\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// Its encoding, UTF-8; its compression, Zlib; its format, JSON.
const UTF8: u8 = 1;
const ZLIB: u8 = 2;
const JSON: u8 = 1;
/// The content lies in the account itself.
const DIRECT: u8 = 0;
/// First byte of an account that is being written, and of one that is done.
const BUFFER: u8 = 1;
const METADATA: u8 = 2;

/// Where a program's own interface description lies.
pub fn address(program: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[program.as_ref(), &SEED], &PROGRAM).0
}

/// An account of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    /// Who may change it, besides the upgrade authority if it is the program's own.
    pub authority: Option<Pubkey>,
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub content: &'a [u8],
}

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that is being written.
    Buffer,
    /// An interface description in a form that is read here, and whether it can be changed.
    Idl {
        /// Whether it can be changed.
        mutable: bool,
    },
    /// Anything else that is stored there, and whether it can be changed.
    Other {
        /// Whether it can be changed.
        mutable: bool,
    },
}

impl<'a> Stored<'a> {
    /// Reads an account's bytes; `None` where they are none of the program's.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let (header, content) = data.split_first_chunk::<HEADER>()?;
        // The first byte, the program's address, and that of whoever may change it.
        let authority = Pubkey::try_from(header.get(33..65)?).ok()?;
        let authority = (authority != Pubkey::default()).then_some(authority);
        let mutable = *header.get(65)? != 0;
        let length = u32::from_le_bytes(*header.get(87..)?.first_chunk()?);
        let form = header.get(83..87)? == [UTF8, ZLIB, JSON, DIRECT];
        let kind = match *header.first()? {
            BUFFER => return Some(Self { authority, kind: Kind::Buffer, content }),
            METADATA if form => Kind::Idl { mutable },
            METADATA => Kind::Other { mutable },
            _ => return None,
        };
        let content = content.get(..usize::try_from(length).ok()?)?;
        Some(Self { authority, kind, content })
    }
}

fn build(data: Vec<u8>, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction { program_id: PROGRAM, accounts, data }
}

fn written(address: &Pubkey) -> AccountMeta {
    AccountMeta::new(*address, false)
}

fn read(address: &Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(*address, false)
}

fn signs(address: &Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(*address, true)
}

/// The program that is described and its data, by which its upgrade authority is known; or neither.
fn described(program: Option<&Pubkey>) -> [AccountMeta; 2] {
    match program {
        Some(program) => [read(program), read(&get_program_data_address(program))],
        None => [read(&PROGRAM), read(&PROGRAM)],
    }
}

fn with(
    first: [AccountMeta; 2],
    program: Option<&Pubkey>,
    last: &[AccountMeta],
) -> Vec<AccountMeta> {
    [first.as_slice(), described(program).as_slice(), last].concat()
}

/// Makes the account of a program's own interface description, to be written to by its upgrade
/// authority. It has to hold its rent.
pub fn allocate(authority: &Pubkey, program: &Pubkey) -> Instruction {
    let first = [written(&address(program)), signs(authority)];
    let system = [read(&SYSTEM_PROGRAM)];
    build([[7].as_slice(), &SEED].concat(), with(first, Some(program), &system))
}

/// Makes an account to write to, at an address whose key signs. It has to hold its rent.
pub fn allocate_buffer(buffer: &Pubkey) -> Instruction {
    let first = [written(buffer), signs(buffer)];
    build(vec![7], with(first, None, &[read(&SYSTEM_PROGRAM)]))
}

/// Makes an account larger, by at most [`MOST_GROWTH`].
pub fn extend(
    account: &Pubkey,
    authority: &Pubkey,
    program: Option<&Pubkey>,
    by: u16,
) -> Instruction {
    let data = [[8].as_slice(), &by.to_le_bytes()].concat();
    build(data, with([written(account), signs(authority)], program, &[]))
}

/// Writes a part of what is being written.
pub fn write(account: &Pubkey, authority: &Pubkey, offset: u32, part: &[u8]) -> Instruction {
    let data = [[0].as_slice(), &offset.to_le_bytes(), part].concat();
    build(data, vec![written(account), signs(authority), read(&PROGRAM)])
}

/// Ends the writing of a program's own interface description.
pub fn initialize(authority: &Pubkey, program: &Pubkey) -> Instruction {
    let first = [written(&address(program)), signs(authority)];
    let data = [[1].as_slice(), &SEED, &[UTF8, ZLIB, JSON, DIRECT]].concat();
    build(data, with(first, Some(program), &[read(&PROGRAM)]))
}

/// Says who may change an account from now on.
pub fn set_authority(
    account: &Pubkey,
    authority: &Pubkey,
    program: Option<&Pubkey>,
    next: &Pubkey,
) -> Instruction {
    let data = [[2, 1].as_slice(), next.as_ref()].concat();
    build(data, with([written(account), signs(authority)], program, &[]))
}

/// Replaces a program's own interface description by what a buffer holds.
pub fn set_data(authority: &Pubkey, program: &Pubkey, buffer: &Pubkey) -> Instruction {
    let first = [written(&address(program)), signs(authority), written(buffer)];
    let accounts = [first.as_slice(), &described(Some(program))].concat();
    build(vec![3, UTF8, ZLIB, JSON, DIRECT], accounts)
}

/// Takes back the rent of what an account does not use.
pub fn trim(authority: &Pubkey, program: &Pubkey, to: &Pubkey) -> Instruction {
    let first = [written(&address(program)), signs(authority)];
    build(vec![5], with(first, Some(program), &[written(to), read(&RENT)]))
}

/// Takes back everything that an account holds.
pub fn close(
    account: &Pubkey,
    authority: &Pubkey,
    program: Option<&Pubkey>,
    to: &Pubkey,
) -> Instruction {
    build(vec![6], with([written(account), signs(authority)], program, &[written(to)]))
}
