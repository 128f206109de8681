//! The program's interface description on the cluster, where explorers and clients look for it: an
//! account of Solana's program-metadata program. The upgrade authority makes it, before it is handed
//! over for good; from then on the wallet that made it keeps it current.

use std::io::{Read, Write};

use anchor_lang::solana_program::system_instruction::transfer;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use holdfast_client::{Instruction, Pubkey, holdfast};
use holdfast_rpc::limits::SIGNATURE_FEE;
use serde::Serialize;
use serde_json::Value;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::buffer::{self, CHUNK, ROUNDS};
use crate::metadata::{self, Kind, MOST_GROWTH, PROGRAM, Stored};
use crate::{AccountData, Cluster, Deployed};

/// More than any description comes to: an account that unpacks to more is no description.
const LONGEST: u64 = 16 << 20;

/// What there is to do about the interface description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdlTask {
    /// Nothing: it is the one given.
    Nothing,
    /// There is none.
    Upload,
    /// Another one is there.
    Update,
    /// It describes a program that waits to be applied, and is written once that runs.
    Wait,
}

impl IdlTask {
    /// Whether a migration has nothing to do about it now.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Nothing | Self::Wait)
    }
}

/// An interface description, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedIdl {
    text: String,
    packed: Vec<u8>,
}

impl PackedIdl {
    /// Packs the text of a description.
    ///
    /// # Errors
    /// A sentence when it is not one, or is another program's.
    pub fn new(text: String) -> Result<Self, String> {
        let read: Value = serde_json::from_str(&text)
            .map_err(|error| format!("--idl is no interface description: {error}"))?;
        let described = read["address"].as_str().unwrap_or_default();
        if described != holdfast::ID.to_string() {
            return Err(format!(
                "--idl describes the program {described:?} and this is {}: write it anew with \
                 `cargo xtask idl`",
                holdfast::ID
            ));
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        let packed = packed.map_err(|error| format!("--idl cannot be packed: {error}"))?;
        Ok(Self { text, packed })
    }

    /// Bytes that are stored.
    fn size(&self) -> usize {
        self.packed.len()
    }

    /// Whether an account holds this, however it was packed.
    fn is(&self, stored: &[u8]) -> bool {
        let mut text = String::new();
        let read = ZlibDecoder::new(stored).take(LONGEST).read_to_string(&mut text);
        read.is_ok() && text == self.text
    }
}

/// What there is to do, for a wallet and the program that `there` is; `None` where it is deployed yet.
///
/// # Errors
/// A sentence: the cluster has no program-metadata program, this wallet may not do it, or nobody may.
pub fn task(
    cluster: &mut impl Cluster,
    wallet: &Pubkey,
    there: Option<&Deployed>,
    idl: &PackedIdl,
) -> Result<IdlTask, String> {
    if cluster.account(&PROGRAM)?.is_none() {
        return Err(format!(
            "the cluster has no program-metadata program {PROGRAM} to keep the interface \
             description: leave --idl out"
        ));
    }
    let is_upgrade_authority = there.is_none_or(|there| there.authority == Some(*wallet));
    let address = metadata::address(&holdfast::ID);
    let account = cluster.account(&address)?;
    let Some(stored) = stored(&account, &address)? else {
        return if is_upgrade_authority { Ok(IdlTask::Upload) } else { Err(too_late(there)) };
    };
    let is_its_own = stored.authority == Some(*wallet);
    let mutable = match stored.kind {
        Kind::Buffer if is_its_own && is_upgrade_authority => return Ok(IdlTask::Upload),
        Kind::Buffer => return Err(too_late(there)),
        Kind::Idl { .. } if idl.is(stored.content) => return Ok(IdlTask::Nothing),
        Kind::Idl { mutable } | Kind::Other { mutable } => mutable,
    };
    if !mutable {
        return Err(format!("the interface description {address} was made final: leave --idl out"));
    }
    match stored.authority {
        _ if is_its_own || is_upgrade_authority => Ok(IdlTask::Update),
        Some(keeper) => Err(format!(
            "only {keeper} may change the interface description {address}, and --keypair is \
             {wallet}: name that key's file, or leave --idl out"
        )),
        None => Err(too_late(there)),
    }
}

/// Why the program's own description cannot be made.
fn too_late(there: Option<&Deployed>) -> String {
    let authority = there.and_then(|there| there.authority);
    let authority = authority.map_or("nobody".to_owned(), |authority| authority.to_string());
    format!(
        "only the program's upgrade authority makes the account of its interface description, and \
         that is {authority}: leave --idl out"
    )
}

/// What an account holds, if there is one.
fn stored<'a>(
    account: &'a Option<AccountData>,
    address: &Pubkey,
) -> Result<Option<Stored<'a>>, String> {
    let Some(account) = account.as_ref().filter(|account| !account.data.is_empty()) else {
        return Ok(None);
    };
    let read = Stored::read(&account.data).filter(|_| account.owner == PROGRAM);
    read.map(Some)
        .ok_or_else(|| format!("{address} holds no interface description that can be read"))
}

/// Lamports that a task takes.
///
/// # Errors
/// A sentence when the cluster does not answer.
pub fn cost(cluster: &mut impl Cluster, task: IdlTask, idl: &PackedIdl) -> Result<u64, String> {
    let accounts = match task {
        IdlTask::Nothing | IdlTask::Wait => return Ok(0),
        IdlTask::Upload => 1,
        // The buffer, and at most as much more as the description has grown.
        IdlTask::Update => 2,
    };
    let rent = cluster.rent(metadata::HEADER + idl.size())?;
    let transactions = idl.size().div_ceil(CHUNK) + 4;
    Ok(rent.saturating_mul(accounts).saturating_add(SIGNATURE_FEE * transactions as u64))
}

/// Does what [`task`] says, and goes on where an earlier run stopped.
///
/// # Errors
/// A sentence saying which step failed.
pub fn write(
    cluster: &mut impl Cluster,
    wallet: &Keypair,
    task: IdlTask,
    idl: &PackedIdl,
) -> Result<(), String> {
    match task {
        IdlTask::Nothing | IdlTask::Wait => Ok(()),
        IdlTask::Upload => upload(cluster, wallet, idl),
        IdlTask::Update => update(cluster, wallet, idl),
    }
}

/// Makes the account, writes to it, and ends with this wallet as the one that may change it.
fn upload(cluster: &mut impl Cluster, wallet: &Keypair, idl: &PackedIdl) -> Result<(), String> {
    let (payer, program) = (wallet.pubkey(), holdfast::ID);
    let described = Target::described();
    described.make(cluster, wallet, &[metadata::allocate(&payer, &program)], idl)?;
    described.fill(cluster, wallet, idl)?;
    let finish = [
        metadata::initialize(&payer, &program),
        metadata::set_authority(&described.address, &payer, Some(&program), &payer),
    ];
    cluster.send(&finish, &[wallet])
}

/// Writes to a buffer, and puts what it holds in place of what is there.
fn update(cluster: &mut impl Cluster, wallet: &Keypair, idl: &PackedIdl) -> Result<(), String> {
    let (payer, program) = (wallet.pubkey(), holdfast::ID);
    let described = Target::described();
    // The same for every description, so that none is left behind by a run that another follows.
    let key = buffer::keypair(wallet, described.address.as_ref())?;
    let buffer = Target { address: key.pubkey(), program: None, key: Some(&key) };
    let allocate = [
        metadata::allocate_buffer(&buffer.address),
        metadata::set_authority(&buffer.address, &buffer.address, None, &payer),
    ];
    buffer.make(cluster, wallet, &allocate, idl)?;
    buffer.fill(cluster, wallet, idl)?;
    let length = described.length(cluster)?.unwrap_or_default();
    let mut replace = Vec::new();
    if idl.size() > length {
        replace.push(described.fund(cluster, &payer, idl.size())?);
        replace.extend(described.grow(&payer, idl.size() - length));
    }
    replace.push(metadata::set_data(&payer, &program, &buffer.address));
    if idl.size() < length {
        replace.push(metadata::trim(&payer, &program, &payer));
    }
    replace.push(buffer.close(&payer));
    cluster.send(&replace, &[wallet])
}

/// An account that is written to.
struct Target<'a> {
    address: Pubkey,
    /// The program that it describes; none while it is no more than a buffer.
    program: Option<Pubkey>,
    /// Signs for a buffer when it is made.
    key: Option<&'a Keypair>,
}

impl Target<'_> {
    /// The account of the program's own description.
    fn described() -> Self {
        Self { address: metadata::address(&holdfast::ID), program: Some(holdfast::ID), key: None }
    }

    /// Bytes that it has room for, if it is there.
    fn length(&self, cluster: &mut impl Cluster) -> Result<Option<usize>, String> {
        let account = cluster.account(&self.address)?;
        let account = account.filter(|account| !account.data.is_empty());
        Ok(account.map(|account| account.data.len().saturating_sub(metadata::HEADER)))
    }

    /// Makes it, with room for a description. One that has another length was begun for another
    /// description: what it holds returns, and it begins anew.
    fn make(
        &self,
        cluster: &mut impl Cluster,
        wallet: &Keypair,
        allocate: &[Instruction],
        idl: &PackedIdl,
    ) -> Result<(), String> {
        let payer = wallet.pubkey();
        match self.length(cluster)? {
            Some(length) if length == idl.size() => return Ok(()),
            Some(_) => cluster.send(&[self.close(&payer)], &[wallet])?,
            None => {}
        }
        let mut create = vec![self.fund(cluster, &payer, idl.size())?];
        create.extend_from_slice(allocate);
        create.extend(self.grow(&payer, idl.size()));
        let signers: Vec<_> = [wallet].into_iter().chain(self.key).collect();
        cluster.send(&create, &signers)
    }

    /// Takes back everything that it holds.
    fn close(&self, payer: &Pubkey) -> Instruction {
        metadata::close(&self.address, payer, self.program.as_ref(), payer)
    }

    /// Gives it what it lacks of the rent for this many bytes.
    fn fund(
        &self,
        cluster: &mut impl Cluster,
        payer: &Pubkey,
        length: usize,
    ) -> Result<Instruction, String> {
        let there = cluster.account(&self.address)?.map_or(0, |account| account.lamports);
        let rent = cluster.rent(metadata::HEADER + length)?;
        Ok(transfer(payer, &self.address, rent.saturating_sub(there)))
    }

    /// Makes it larger, as far as one instruction may each time.
    fn grow(&self, payer: &Pubkey, by: usize) -> Vec<Instruction> {
        let whole = std::iter::repeat_n(MOST_GROWTH, by / MOST_GROWTH);
        let steps = whole.chain([by % MOST_GROWTH]).filter(|step| *step > 0);
        let extend = |step: usize| {
            // At most 10,240.
            let step = u16::try_from(step).unwrap_or(u16::MAX);
            metadata::extend(&self.address, payer, self.program.as_ref(), step)
        };
        steps.map(extend).collect()
    }

    /// Writes what is not there yet, and reads it back.
    fn fill(
        &self,
        cluster: &mut impl Cluster,
        wallet: &Keypair,
        idl: &PackedIdl,
    ) -> Result<(), String> {
        for _ in 0..ROUNDS {
            let account = cluster.account(&self.address)?;
            let there = stored(&account, &self.address)?.map_or(&[][..], |stored| stored.content);
            let missing = buffer::missing(there, &idl.packed);
            if missing.is_empty() {
                return Ok(());
            }
            let writes = missing.iter().map(|&(offset, part)| {
                metadata::write(&self.address, &wallet.pubkey(), offset, part)
            });
            cluster.send_unordered(writes.collect(), wallet, &mut |_| {})?;
        }
        Err(format!(
            "the cluster lost writes to {} again and again: run this again, it goes on where it \
             stopped, or raise --priority-fee",
            self.address
        ))
    }
}
