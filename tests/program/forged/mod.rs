//! Forged and swapped accounts, generated: every account of every instruction is replaced by every
//! other account there is, by a copy that another program owns, and by itself without its flags.
//! The instruction must fail, or be on its scenario's list of harmless ones and do no harm.

mod catalogue;
mod market;
mod money;
mod omitted;
mod pool;
mod powers;
mod setup;

use std::collections::BTreeSet;

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{Instruction, Pubkey, address};
use holdfast_testkit::Failure;
use holdfast_testkit::audit::Audit;
use holdfast_testkit::venue::keypair;
use solana_signer::Signer;

use crate::world::World;
use catalogue::{Catalogue, Kind};

/// Whoever adds an instruction adds its scenario.
#[test]
fn every_instruction_has_a_scenario() {
    let scenarios = [
        include_str!("market.rs"),
        include_str!("money.rs"),
        include_str!("pool.rs"),
        include_str!("powers.rs"),
    ]
    .concat();
    let idl = include_str!("../../../idl/holdfast.json");
    let idl: serde_json::Value = serde_json::from_str(idl).unwrap();
    for described in idl["instructions"].as_array().unwrap() {
        let name = described["name"].as_str().unwrap();
        let found = ["\"", ","].iter().any(|end| scenarios.contains(&format!("\"{name}{end}")));
        assert!(found, "no scenario of tests/program/forged is called {name}");
    }
}

/// An instruction that succeeds in its world.
struct Scenario {
    name: &'static str,
    world: World,
    instruction: Instruction,
    /// Slots where another account of a kind does no harm, and why.
    harmless: &'static [(usize, Kind, &'static str)],
}

impl Scenario {
    fn check(mut self) {
        let payer = keypair("payer", 0).pubkey();
        self.world.cluster.fund(&payer, 1_000_000_000_000);
        let catalogue = Catalogue::new(&mut self.world, &self.instruction);
        let valid = self.after(&self.instruction, &payer);
        let valid = valid.unwrap_or_else(|failure| panic!("{}: {}", self.name, failure.message));
        omitted::check(self.name, &self.world, &self.instruction, &payer);
        let (mut met, mut tried) = (BTreeSet::new(), 0);
        for slot in 0..self.instruction.accounts.len() {
            for (kind, forged) in self.forgeries(&catalogue, slot) {
                tried += 1;
                let Ok(after) = self.after(&forged, &payer) else { continue };
                let name = self.name;
                let key = forged.accounts[slot].pubkey;
                let listed = self.harmless.iter().position(|it| (it.0, it.1) == (slot, kind));
                let listed = listed.unwrap_or_else(|| panic!("{name}, {slot}: {kind:?} {key}"));
                met.insert(listed);
                self.check_harm(&catalogue, &forged, &valid, after);
            }
        }
        println!("{}: {tried} forgeries", self.name);
        let stale = self.harmless.iter().enumerate().find(|(index, _)| !met.contains(index));
        assert!(stale.is_none(), "{}: never met {stale:?}", self.name);
    }

    /// The instruction with something else in a slot.
    fn forgeries(&self, catalogue: &Catalogue, slot: usize) -> Vec<(Kind, Instruction)> {
        let meta = &self.instruction.accounts[slot];
        let others = catalogue.entries.iter().filter(|(kind, address)| {
            // Accounts of programs have no key to sign with.
            let can_sign = matches!(kind, Kind::Nothing | Kind::Person);
            *address != meta.pubkey && (can_sign || !meta.is_signer)
        });
        let copy = (Kind::Copy, catalogue.copies[slot]);
        let mut forged: Vec<_> = others
            .chain([&copy])
            .map(|(kind, address)| {
                let mut forged = self.instruction.clone();
                forged.accounts[slot].pubkey = *address;
                (*kind, forged)
            })
            .collect();
        if meta.is_writable {
            let mut cleared = self.instruction.clone();
            cleared.accounts[slot].is_writable = false;
            forged.push((Kind::ReadOnly, cleared));
        }
        if meta.is_signer {
            let mut cleared = self.instruction.clone();
            cleared.accounts[slot].is_signer = false;
            forged.push((Kind::Unsigned, cleared));
        }
        forged
    }

    /// The world after an instruction, if it succeeds.
    fn after(&self, instruction: &Instruction, payer: &Pubkey) -> Result<World, Failure> {
        let instructions = std::slice::from_ref(instruction);
        self.world.cluster.simulate(instructions, payer)?;
        let mut world = self.world.fork();
        world.cluster.send_unsigned(instructions, payer)?;
        Ok(world)
    }

    /// Books and vaults agree in both silos, and nobody who did not sign has less than before and
    /// less than the valid instruction would have left them.
    fn check_harm(
        &self,
        catalogue: &Catalogue,
        forged: &Instruction,
        valid: &World,
        mut after: World,
    ) {
        for (kind, address) in &catalogue.entries {
            let Some(owner) = owner_of(&self.world, *kind, address) else { continue };
            let signed = forged.accounts.iter().any(|it| it.is_signer && it.pubkey == owner);
            let worth = |world| worth(world, *kind, address);
            let least = worth(&self.world).min(worth(valid));
            assert!(signed || worth(&after) >= least, "{}: {address} lost", self.name);
        }
        sound(&after, catalogue);
        after.in_second(|world| sound(world, catalogue));
    }
}

/// Whose an account with money is.
fn owner_of(world: &World, kind: Kind, address: &Pubkey) -> Option<Pubkey> {
    match kind {
        Kind::Account | Kind::ForeignAccount => Some(world.account(address).owner),
        Kind::Wallet | Kind::ForeignWallet | Kind::Shares | Kind::ForeignShares => {
            let data = world.cluster.get(address)?.data;
            data.get(32..64)?.try_into().ok()
        }
        _ => None,
    }
}

fn worth(world: &World, kind: Kind, address: &Pubkey) -> u64 {
    let closed = world.cluster.get(address).is_none();
    match kind {
        _ if closed => 0,
        Kind::Account | Kind::ForeignAccount => {
            let state = world.account(address);
            state.collateral + state.reserved_fees + state.pending_profit
        }
        _ => world.balance(address),
    }
}

/// Sums over accounts are the ledger's, and each vault holds what the ledger counts on.
fn sound(world: &World, catalogue: &Catalogue) {
    let silo = world.silo_state();
    let of_silo = |address: &Pubkey| {
        let found = world.cluster.get(address).is_some();
        found && world.cluster.read::<MarginAccount>(address).silo == world.silo
    };
    let accounts = catalogue.entries.iter().filter(|(kind, address)| {
        matches!(kind, Kind::Account | Kind::ForeignAccount) && of_silo(address)
    });
    let accounts: Vec<_> = accounts.map(|(_, address)| *address).collect();
    let audit = Audit::new(world, &accounts);
    // Somebody may have given a vault something.
    assert_eq!(Audit { vaults: 0, ..audit }, Audit::default());
    assert!(audit.vaults >= 0);
    let ledger = &silo.ledger;
    assert!(world.balance(&address::liquidity_vault(&world.silo)) >= ledger.in_liquidity_vault);
    assert!(world.balance(&address::insurance_vault(&world.silo)) >= ledger.in_insurance_vault);
}
