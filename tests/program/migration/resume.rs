//! A run that is killed at any point: the next one ends as if nothing had happened, and nothing is
//! paid for twice.

use holdfast_client::holdfast::ID;
use holdfast_client::{Instruction, Pubkey, address};
use holdfast_migrations::{
    AccountData, AccountHead, Cluster, Place, Progress, close_buffer, deploy_program, leftovers,
    local_program_keypair, migrate,
};
use holdfast_testkit::venue::{LONE, Listing, Venue, silo_plan};
use holdfast_testkit::{Cluster as Embedded, elf};
use solana_account::Account;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::migration;
use crate::world::{SOL, START_MS};

/// A cluster whose client is killed at a certain transaction: before it is sent, or when it has
/// landed and the answer is not there yet.
pub struct Mortal {
    pub cluster: Embedded,
    pub sends: usize,
    dies_at: usize,
    landed: bool,
}

/// What a client that is killed says.
pub const KILLED: &str = "killed";

impl Mortal {
    pub fn new(cluster: &Embedded, dies_at: usize, landed: bool) -> Self {
        Self { cluster: cluster.clone(), sends: 0, dies_at, landed }
    }

    pub fn immortal(cluster: &Embedded) -> Self {
        Self::new(cluster, usize::MAX, false)
    }

    /// The client that is started after this one.
    pub fn next(self) -> Self {
        Self::immortal(&self.cluster)
    }
}

impl Cluster for Mortal {
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

    /// The same slot in every run, so that what is written there is the same.
    fn next_slot(&mut self) -> Result<(), String> {
        match self.cluster.now_ms() {
            START_MS => self.cluster.next_slot(),
            _ => Ok(()),
        }
    }

    fn rehearse(&mut self, instructions: &[Instruction], payer: &Pubkey) -> Result<(), String> {
        self.cluster.rehearse(instructions, payer)
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        let dies = self.sends == self.dies_at;
        self.sends += 1;
        if !dies || self.landed {
            Cluster::send(&mut self.cluster, instructions, signers)?;
        }
        if dies { Err(KILLED.to_owned()) } else { Ok(()) }
    }
}

/// Everything that a run may have touched.
pub fn touched(cluster: &Embedded, admin: &Pubkey) -> Vec<(Pubkey, Option<Account>)> {
    let mut found: Vec<_> = cluster
        .program_accounts(&ID)
        .into_iter()
        .map(|(address, account)| (address, Some(account)))
        .collect();
    let others = [ID, address::program_data(), *admin];
    found.extend(others.map(|address| (address, cluster.get(&address))));
    found
}

/// Kills a run at every transaction, before and after it landed, and compares what the next run
/// ends with. Says how many transactions there are.
pub fn killed_everywhere(
    start: &Embedded,
    admin: &Keypair,
    run: impl Fn(&mut Mortal) -> Result<(), String>,
) -> usize {
    let mut whole = Mortal::immortal(start);
    run(&mut whole).unwrap();
    let end = touched(&whole.cluster, &admin.pubkey());
    for dies_at in 0..whole.sends {
        for landed in [false, true] {
            let mut first = Mortal::new(start, dies_at, landed);
            assert_eq!(run(&mut first), Err(KILLED.to_owned()), "{dies_at}");
            let mut second = first.next();
            run(&mut second).unwrap_or_else(|error| panic!("{dies_at} {landed}: {error}"));
            let same = touched(&second.cluster, &admin.pubkey()) == end;
            assert!(same, "killed at {dies_at}, landed {landed}");
            assert_eq!(second.sends, whole.sends - dies_at - usize::from(landed));
            let left = leftovers(&mut second, &admin.pubkey()).unwrap();
            assert_eq!(left, [], "{dies_at} {landed}");
        }
    }
    whole.sends
}

/// A program of one instruction that returns at once, with as much behind it as `length` takes: small
/// enough for every write to be the last.
pub fn small_elf(length: usize) -> Vec<u8> {
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(16, 0);
    let mut put = |fields: &[(u64, usize)]| {
        for (value, bytes) in fields {
            elf.extend(&value.to_le_bytes()[..*bytes]);
        }
    };
    let (code_at, code) = (0x1_0000_0000, [(0xb7, 8), (0x95, 8)]);
    // Shared object, BPF, ELF version, entry, program headers, no sections, sBPF version 3.
    put(&[(3, 2), (247, 2), (1, 4), (code_at, 8), (64, 8), (0, 8), (3, 4)]);
    put(&[(64, 2), (56, 2), (2, 2), (64, 2), (0, 2), (0, 2)]);
    // Loaded: eight bytes of constants to read, then the code to execute.
    put(&[(1, 4), (4, 4), (176, 8), (0, 8), (0, 8), (8, 8), (8, 8), (8, 8)]);
    put(&[(1, 4), (1, 4), (184, 8), (code_at, 8), (code_at, 8), (16, 8), (16, 8), (8, 8)]);
    put(&[(0, 8)]);
    put(&code);
    elf.resize(length, 1);
    elf
}

#[test]
fn a_deployment_killed_at_any_transaction() {
    let venue = Venue::bare(START_MS, silo_plan(&[]).mint);
    let (elf, program) = (small_elf(4_000), local_program_keypair().unwrap());
    let sends = killed_everywhere(&venue.cluster, &venue.admin, |cluster| {
        deploy_program(cluster, &venue.admin, &program, &elf, |_| {}).map(|_| ())
    });
    // The buffer, five writes, the deployment.
    assert_eq!(sends, 7);
}

#[test]
fn a_migration_killed_at_any_step() {
    let listing = Listing { name: "A", price: SOL, providers: LONE };
    let silo = silo_plan(&[listing; 2]);
    let venue = Venue::bare(START_MS, silo.mint);
    let wanted = venue.deployment(vec![silo]);
    let elf = elf::read().unwrap();
    let migration = migration(&venue.admin, &elf, &wanted);
    let run = |cluster: &mut Mortal| {
        let mut steps = 0;
        let manifest = migrate(cluster, &migration, |progress| {
            steps += usize::from(matches!(progress, Progress::Done(_)));
        })?;
        assert_eq!(manifest.silos[0].markets.len(), 2);
        Ok(())
    };
    // All but the last writes to the buffer are the same as in the test above.
    let writes = elf.len().div_ceil(900);
    let mut first = Mortal::new(&venue.cluster, writes - 2, false);
    assert_eq!(run(&mut first), Err(KILLED.to_owned()));
    let sends = killed_everywhere(&first.cluster, &venue.admin, run);
    // Three writes, the deployment, the exchange, the silo, two markets, the handing over and the lock.
    assert!((9..=10).contains(&sends), "{sends}");
}

#[test]
fn a_buffer_that_nobody_goes_on_with_is_found_and_closed() {
    let venue = Venue::bare(START_MS, silo_plan(&[]).mint);
    let admin = venue.admin.pubkey();
    let program = local_program_keypair().unwrap();
    let mut client = Mortal::new(&venue.cluster, 3, true);
    deploy_program(&mut client, &venue.admin, &program, &small_elf(4_000), |_| {}).unwrap_err();
    let mut client = client.next();
    let left = leftovers(&mut client, &admin).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].length, 4_000);
    let thief = Keypair::new();
    client.cluster.fund(&thief.pubkey(), 1_000_000_000);
    let refused = close_buffer(&mut client, &thief, &left[0].address).unwrap_err();
    assert!(refused.contains("is no buffer of"), "{refused}");
    let before = client.cluster.get(&admin).unwrap().lamports;
    close_buffer(&mut client, &venue.admin, &left[0].address).unwrap();
    let after = client.cluster.get(&admin).unwrap().lamports;
    assert_eq!(after, before + left[0].lamports - 5_000);
    assert_eq!(leftovers(&mut client, &admin).unwrap(), []);
    let again = close_buffer(&mut client, &venue.admin, &left[0].address).unwrap_err();
    assert!(again.contains("closed already"), "{again}");
}
