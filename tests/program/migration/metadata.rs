//! A cluster with a program-metadata program, whose compiled form no registry has: this does what the
//! source of the program does with the instructions that a migration sends it, limits of the runtime
//! included.

use holdfast_client::{Instruction, Pubkey, address};
use holdfast_migrations::metadata::{self, HEADER, MOST_GROWTH, PROGRAM};
use holdfast_migrations::{AccountData, AccountHead, Cluster, Place};
use holdfast_testkit::Cluster as Embedded;
use solana_account::Account;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::resume::KILLED;

/// The cluster, and when its client is killed: before a transaction is sent, or when it has landed.
#[derive(Clone)]
pub struct Described {
    pub cluster: Embedded,
    pub sends: usize,
    pub dies_at: usize,
    pub landed: bool,
}

impl Described {
    pub fn new(cluster: &Embedded) -> Self {
        let mut cluster = cluster.clone();
        let program = Account { lamports: 1, owner: PROGRAM, ..Account::default() };
        cluster.set(PROGRAM, program);
        Self { cluster, sends: 0, dies_at: usize::MAX, landed: false }
    }

    /// All or nothing.
    fn land(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        if instructions.iter().all(|it| it.program_id != PROGRAM) {
            return Cluster::send(&mut self.cluster, instructions, signers);
        }
        let mut after = self.cluster.clone();
        for instruction in instructions {
            if instruction.program_id == PROGRAM {
                let signs = |key| signers.iter().any(|signer| signer.pubkey() == key);
                let mut named = instruction.accounts.iter().filter(|it| it.is_signer);
                if !named.all(|it| signs(it.pubkey)) {
                    return Err("a signature is missing".to_owned());
                }
                execute(&mut after, instruction).map_err(str::to_owned)?;
            } else {
                // The wallet pays rent.
                Cluster::send(&mut after, std::slice::from_ref(instruction), &signers[..1])?;
            }
        }
        self.cluster = after;
        Ok(())
    }
}

impl Cluster for Described {
    fn place(&mut self) -> Result<Place, String> {
        self.cluster.place()
    }

    fn account(&mut self, address: &Pubkey) -> Result<Option<AccountData>, String> {
        self.cluster.account(address)
    }

    fn accounts_of(
        &mut self,
        program: &Pubkey,
        prefix: &[u8],
        head: usize,
    ) -> Result<Vec<AccountHead>, String> {
        self.cluster.accounts_of(program, prefix, head)
    }

    fn rent(&mut self, length: usize) -> Result<u64, String> {
        Cluster::rent(&mut self.cluster, length)
    }

    fn next_slot(&mut self) -> Result<(), String> {
        self.cluster.next_slot()
    }

    fn rehearse(&mut self, instructions: &[Instruction], payer: &Pubkey) -> Result<(), String> {
        self.cluster.rehearse(instructions, payer)
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        let dies = self.sends == self.dies_at;
        self.sends += 1;
        if !dies || self.landed {
            self.land(instructions, signers)?;
        }
        if dies { Err(KILLED.to_owned()) } else { Ok(()) }
    }
}

/// What the program refuses, in a word.
type Done = Result<(), &'static str>;

fn execute(cluster: &mut Embedded, instruction: &Instruction) -> Done {
    let key = |index: usize| instruction.accounts[index].pubkey;
    let (address, authority) = (key(0), key(1));
    let mut account = cluster.get(&address).unwrap_or_default();
    let (code, data) = instruction.data.split_first().ok_or("no instruction")?;
    let before = account.data.len();
    match code {
        0 => write(&mut account, &authority, data)?,
        1 => initialize(cluster, &mut account, &authority, key(2), data)?,
        2 => {
            may_change(cluster, &account, &authority, key(2))?;
            account.data[33..65].copy_from_slice(&data[1..33]);
        }
        3 => {
            may_change(cluster, &account, &authority, key(3))?;
            let buffer = cluster.get(&key(2)).ok_or("no buffer")?;
            account.data.splice(HEADER.., buffer.data[HEADER..].iter().copied());
            account.data[83..87].copy_from_slice(data);
            let length = (account.data.len() - HEADER) as u32;
            account.data[87..91].copy_from_slice(&length.to_le_bytes());
        }
        5 => {
            may_change(cluster, &account, &authority, key(2))?;
            let rent = (**cluster).rent(account.data.len());
            cluster.fund(&key(4), account.lamports - rent);
            account.lamports = rent;
        }
        6 => {
            may_change(cluster, &account, &authority, key(2))?;
            cluster.fund(&key(4), account.lamports);
            cluster.set(address, Account::default());
            return Ok(());
        }
        7 => allocate(cluster, &mut account, [address, authority, key(2)], data)?,
        8 => {
            may_change(cluster, &account, &authority, key(2))?;
            let by = usize::from(u16::from_le_bytes([data[0], data[1]]));
            account.data.resize(before + by, 0);
        }
        _ => return Err("an instruction that no migration sends"),
    }
    if account.data.len() > before + MOST_GROWTH {
        return Err("it grows by too much in one instruction");
    }
    if account.lamports < (**cluster).rent(account.data.len()) {
        return Err("its rent is missing");
    }
    cluster.set(address, account);
    Ok(())
}

fn is_upgrade_authority(cluster: &Embedded, program: Pubkey, key: &Pubkey) -> bool {
    let data = cluster.get(&address::program_data()).unwrap_or_default().data;
    let authority = data.get(13..45).filter(|_| data[12] == 1);
    program == holdfast_client::holdfast::ID && authority == Some(key.as_ref())
}

fn may_change(cluster: &Embedded, account: &Account, key: &Pubkey, program: Pubkey) -> Done {
    let canonical = match account.data.first() {
        Some(1) => account.data[65] == 1,
        Some(2) if account.data[65] == 0 => return Err("it is final"),
        Some(2) => account.data[66] == 1,
        _ => return Err("it is nothing of this program's"),
    };
    let named = account.data[33..65] == key.to_bytes();
    let owns = canonical && is_upgrade_authority(cluster, program, key);
    if named || owns { Ok(()) } else { Err("this key may not change it") }
}

fn allocate(
    cluster: &Embedded,
    account: &mut Account,
    [address, authority, program]: [Pubkey; 3],
    seed: &[u8],
) -> Done {
    if account.owner == PROGRAM || !account.data.is_empty() || account.lamports == 0 {
        return Err("it is there already, or holds no rent");
    }
    account.owner = PROGRAM;
    account.data.resize(HEADER, 0);
    account.data[0] = 1;
    account.data[33..65].copy_from_slice(authority.as_ref());
    if address == authority {
        return if seed.is_empty() { Ok(()) } else { Err("a buffer has no seed") };
    }
    let own = is_upgrade_authority(cluster, program, &authority);
    if !own || address != metadata::address(&program) {
        return Err("this address is not derived from these");
    }
    account.data[1..33].copy_from_slice(program.as_ref());
    account.data[65] = 1;
    account.data[66..82].copy_from_slice(seed);
    Ok(())
}

fn write(account: &mut Account, authority: &Pubkey, data: &[u8]) -> Done {
    let (offset, part) = data.split_first_chunk().ok_or("no offset")?;
    let from = HEADER + u32::from_le_bytes(*offset) as usize;
    if account.data.first() != Some(&1) || account.data[33..65] != authority.to_bytes() {
        return Err("it is no buffer of this key's");
    }
    let length = account.data.len().max(from + part.len());
    account.data.resize(length, 0);
    account.data[from..from + part.len()].copy_from_slice(part);
    Ok(())
}

fn initialize(
    cluster: &Embedded,
    account: &mut Account,
    authority: &Pubkey,
    program: Pubkey,
    data: &[u8],
) -> Done {
    if account.data.first() != Some(&1) || !is_upgrade_authority(cluster, program, authority) {
        return Err("it is no buffer, or not of the upgrade authority");
    }
    let length = (account.data.len() - HEADER) as u32;
    account.data[..HEADER].fill(0);
    account.data[0] = 2;
    account.data[1..33].copy_from_slice(program.as_ref());
    (account.data[65], account.data[66]) = (1, 1);
    account.data[67..87].copy_from_slice(data);
    account.data[87..91].copy_from_slice(&length.to_le_bytes());
    Ok(())
}
