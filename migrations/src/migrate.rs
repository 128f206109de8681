//! A whole run: what a cluster lacks, and making it.

use std::collections::BTreeMap;

use holdfast_client::{Pubkey, address, holdfast};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::differences::{check_mints, differences};
use crate::program::{check_admin, waiting_upgrade};
use crate::{
    Catalogue, Cluster, Deployed, Deployment, FeedFindings, IdlTask, Manifest, PackedIdl, Place,
    ProgramTask, Step, apply, buffer, check_feeds, check_layouts, cost, deploy_program, deployed,
    idl, origin, plan, propose_upgrade, sol, upgrade_program,
};

/// What a run is given.
pub struct Migration<'a> {
    /// Pays, signs, keeps the power to upgrade and becomes the exchange's admin.
    pub authority: &'a Keypair,
    /// The program's keypair, which only its first deployment needs.
    pub program: Option<&'a Keypair>,
    /// The compiled program.
    pub elf: &'a [u8],
    /// Whether a program that differs from `elf` is replaced.
    pub upgrade: bool,
    /// What the cluster should have.
    pub wanted: &'a Deployment,
    /// Feed accounts that are fixed: the silo's number, the market's index and the account.
    pub feeds: &'a [(u16, u8, Pubkey)],
    /// Pyth's list of its feeds, where it is known.
    pub catalogue: Option<&'a Catalogue>,
    /// The interface description that the cluster should have.
    pub idl: Option<&'a PackedIdl>,
}

/// What a cluster has and lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationPlan {
    /// Which cluster it is.
    pub place: Place,
    /// The program.
    pub program: ProgramTask,
    /// Bytes of the program that an earlier run wrote and this one need not.
    pub written: usize,
    /// Its interface description, if one is given.
    pub idl: Option<IdlTask>,
    /// The steps after the program.
    pub steps: Vec<Step>,
    /// Accounts of the program by kind.
    pub accounts: BTreeMap<&'static str, usize>,
    /// What stands there and is not as wanted, in phrases.
    pub differences: Vec<String>,
    /// What is wrong with the feeds of its markets, in sentences.
    pub warnings: Vec<String>,
    /// Why markets that are missing cannot be listed, in sentences.
    pub refusals: Vec<String>,
    /// Lamports that it takes, a buffer's included, which returns most of them.
    pub cost: u64,
    /// Lamports that the wallet holds.
    pub balance: u64,
}

impl MigrationPlan {
    /// Whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        let idl_is_settled = self.idl.is_none_or(IdlTask::is_settled);
        self.program.is_settled() && idl_is_settled && self.steps.is_empty()
    }

    /// Refuses a wallet that would be empty before the end.
    ///
    /// # Errors
    /// A sentence naming the wallet and what it lacks.
    pub fn check_balance(&self, wallet: &Pubkey) -> Result<(), String> {
        if self.cost <= self.balance {
            return Ok(());
        }
        Err(format!(
            "the wallet {wallet} holds {} SOL and this takes {}: send it the difference",
            sol(self.balance),
            sol(self.cost)
        ))
    }

    /// Refuses markets that cannot last.
    ///
    /// # Errors
    /// A sentence naming each and what to change.
    pub fn check_listings(&self) -> Result<(), String> {
        if self.refusals.is_empty() { Ok(()) } else { Err(self.refusals.join("; ")) }
    }

    /// Takes what was found of feeds: markets that stand there are not listed any more.
    fn take_findings(&mut self, found: FeedFindings) {
        self.warnings = found.warnings;
        for (silo, market, what) in found.refusals {
            let is_missing = self.steps.contains(&Step::ListMarket(silo, market));
            let to = if is_missing { &mut self.refusals } else { &mut self.warnings };
            to.push(what);
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The program is being written: this many bytes are there.
    Written(usize),
    /// The program stands.
    Program(ProgramTask),
    /// Its interface description does.
    Idl(IdlTask),
    /// A step is done.
    Done(Step),
}

/// Looks at a cluster and checks all that can be checked before something is sent.
///
/// # Errors
/// A sentence: the program must not be deployed there, the wallet is not the upgrade authority,
/// accounts exist that this version does not read, a mint is missing, an exchange that is not locked
/// yet has something else than wanted, or what [`plan`] says.
pub fn survey(cluster: &mut impl Cluster, migration: &Migration) -> Result<MigrationPlan, String> {
    let Migration { elf, wanted, .. } = *migration;
    let place = cluster.place()?;
    origin::check(&place, &holdfast::ID, elf)?;
    let payer = migration.authority.pubkey();
    let there = deployed(cluster, &holdfast::ID)?;
    let program = match &there {
        None => ProgramTask::Deploy,
        Some(there) if there.is(elf) => ProgramTask::Nothing,
        Some(there) => replacement(cluster, there, elf)?,
    };
    let accounts = check_layouts(cluster, &holdfast::ID)?;
    let steps = plan(cluster, wanted)?;
    let idl = idl_task(cluster, migration, there.as_ref(), program)?;
    if let Some(there) = there
        && !(program.is_settled() && steps.is_empty())
    {
        if there.is_handed_over() {
            check_admin(cluster, &payer)?;
        } else {
            there.check_authority(&payer)?;
        }
    }
    let buffer = buffer::keypair(migration.authority, elf)?.pubkey();
    let written = if buffer::is_frozen(cluster, &address::exchange(), &buffer, elf)? {
        Some(elf.len())
    } else {
        let written = buffer::written(cluster, &payer, &buffer)?;
        written.map(|there| buffer::common(&there, elf))
    };
    check_mints(cluster, wanted, &steps)?;
    let differences = differences(cluster, wanted)?;
    if !differences.is_empty() && steps.contains(&Step::Lock) {
        return Err(format!(
            "the exchange is not locked yet and the cluster has {}: change the plan file, or, on a \
             local cluster, start anew",
            differences.join(", ")
        ));
    }
    let feeds = check_feeds(cluster, &place, wanted, migration.feeds, migration.catalogue)?;
    let mut cost = cost::estimate(cluster, elf.len(), program, written, &steps)?;
    if let (Some(task), Some(given)) = (idl, migration.idl) {
        cost = cost.saturating_add(idl::cost(cluster, task, given)?);
    }
    let balance = cluster.account(&payer)?.map_or(0, |account| account.lamports);
    let mut found = MigrationPlan {
        place,
        program,
        written: written.unwrap_or_default(),
        idl,
        steps,
        accounts,
        differences,
        warnings: Vec::new(),
        refusals: Vec::new(),
        cost,
        balance,
    };
    found.take_findings(feeds);
    Ok(found)
}

/// What there is to do about the interface description. That of a program which waits to be applied
/// waits with it.
fn idl_task(
    cluster: &mut impl Cluster,
    migration: &Migration,
    there: Option<&Deployed>,
    program: ProgramTask,
) -> Result<Option<IdlTask>, String> {
    let Some(given) = migration.idl else { return Ok(None) };
    if matches!(program, ProgramTask::Propose { .. } | ProgramTask::Proposed { .. }) {
        return Ok(Some(IdlTask::Wait));
    }
    idl::task(cluster, &migration.authority.pubkey(), there, given).map(Some)
}

/// How a program that stands there is replaced by another.
fn replacement(
    cluster: &mut impl Cluster,
    there: &Deployed,
    elf: &[u8],
) -> Result<ProgramTask, String> {
    let extend = there.lacks(elf);
    if !there.is_handed_over() {
        return Ok(ProgramTask::Upgrade { extend });
    }
    let waits = waiting_upgrade(cluster, elf)?;
    Ok(waits.map_or(ProgramTask::Propose { extend }, |number| ProgramTask::Proposed { number }))
}

/// Makes what is missing. `report` hears of every step.
///
/// # Errors
/// A sentence saying what cannot be done or did not work; running again goes on from there.
pub fn migrate(
    cluster: &mut impl Cluster,
    migration: &Migration,
    mut report: impl FnMut(Progress),
) -> Result<Manifest, String> {
    let found = survey(cluster, migration)?;
    let Migration { authority, elf, wanted, feeds, .. } = *migration;
    found.check_listings()?;
    found.check_balance(&authority.pubkey())?;
    let mut written = |bytes| report(Progress::Written(bytes));
    let mut task = found.program;
    match task {
        ProgramTask::Nothing | ProgramTask::Proposed { .. } => {}
        ProgramTask::Deploy => {
            let program = program_keypair(migration, &found.place)?;
            deploy_program(cluster, authority, &program, elf, &mut written)?;
        }
        ProgramTask::Upgrade { .. } | ProgramTask::Propose { .. } if !migration.upgrade => {
            return Err(
                "the program on the cluster is not the one given: pass --upgrade to replace it, \
                 or name the file it was deployed from with --elf"
                    .to_owned(),
            );
        }
        ProgramTask::Upgrade { .. } => {
            upgrade_program(cluster, authority, &holdfast::ID, elf, &mut written)?;
        }
        ProgramTask::Propose { .. } => {
            let number = propose_upgrade(cluster, authority, &holdfast::ID, elf, &mut written)?;
            task = ProgramTask::Proposed { number };
        }
    }
    report(Progress::Program(task));
    let idl = found.idl.filter(|task| !task.is_settled()).zip(migration.idl);
    if !found.steps.is_empty() || idl.is_some() {
        cluster.next_slot()?;
    }
    // Before the upgrade authority is handed over, which makes the account.
    if let Some((task, given)) = idl {
        idl::write(cluster, authority, task, given)?;
        report(Progress::Idl(task));
    }
    for step in found.steps {
        apply(cluster, authority, wanted, step)?;
        report(Progress::Done(step));
    }
    Ok(Manifest::new(&found.place, elf, wanted, feeds))
}

/// The keypair to deploy the program with.
fn program_keypair(migration: &Migration, place: &Place) -> Result<Keypair, String> {
    let known = origin::local_program_keypair()?;
    let keypair = match migration.program {
        Some(given) => given.insecure_clone(),
        None if place.is_local() && known.pubkey() == holdfast::ID => known,
        None => {
            return Err(format!(
                "there is no program {} yet: name the file of its keypair with --program-keypair",
                holdfast::ID
            ));
        }
    };
    if keypair.pubkey() == holdfast::ID {
        return Ok(keypair);
    }
    Err(format!(
        "--program-keypair is {}, and the program was built as {}: put the keypair's address into \
         declare_id! in programs/holdfast/src/lib.rs and build again, or name the other keypair",
        keypair.pubkey(),
        holdfast::ID
    ))
}
