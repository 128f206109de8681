//! From an action to the instruction that asks for it.

use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::{AccountMeta, Instruction, Pubkey, instruction};
use holdfast_risk::pool::PoolKind;
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{feed_account, feed_id, guardians};
use pyth_solana_receiver_sdk::price_update::VerificationLevel;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::action::Action;
use crate::cast::{ACCOUNTS, ADMIN, Cast, DONOR, FIRST_PROVIDER, PROVIDERS, REQUESTS, pool_of};
use crate::model::requested_order;
use crate::state::State;

/// Accounts that `execute_order` names; what follows is read only when the order opens.
const EXECUTE_ACCOUNTS: usize = 5;

impl Cast {
    /// The instruction for an action and who signs it, the payer first. Posts the feed's update first.
    pub fn build(&mut self, action: &Action, state: &State) -> (Instruction, Vec<Keypair>) {
        let signer = self.people[signer_of(action)].keypair.insecure_clone();
        let mut signers = vec![signer.insecure_clone()];
        let instruction = match action {
            Action::Foreign { action, swap } => self.foreign(action, *swap, state),
            Action::Refresh { market, feed, published, verified } => {
                self.post(*feed, *published, *verified);
                let market = self.venue.markets[*market];
                instruction::refresh_market(self.venue.silo, market, &[feed_account(*feed)])
            }
            Action::Blow { .. } | Action::Trip { .. } => self.fuse_instruction(action),
            _ => self.instruction(action, &signer.pubkey(), state),
        };
        if let Action::Blow { second, .. } = *action {
            let [first, ..] = guardians();
            signers.extend([first, guardians()[second].insecure_clone()]);
            signers.dedup_by_key(|signer| signer.pubkey());
        }
        (instruction, signers)
    }

    fn post(&mut self, feed: usize, published: Published, verified: bool) {
        let mut update = pyth_update(feed_id(feed), published, self.venue.cluster.slot());
        if !verified {
            update.verification_level = VerificationLevel::Partial { num_signatures: 5 };
        }
        post_pyth_update(&mut self.venue.cluster, feed_account(feed), &update);
    }

    fn foreign(&mut self, action: &Action, swap: usize, state: &State) -> Instruction {
        let mut instruction = self.build(action, state).0;
        let pairs = self.counterparts();
        let fixed = matches!(action, Action::Execute { .. });
        let reach = if fixed { EXECUTE_ACCOUNTS } else { instruction.accounts.len() };
        let swappable: Vec<_> = instruction.accounts[..reach]
            .iter_mut()
            .filter_map(|meta| {
                let other = pairs.iter().find(|(own, _)| *own == meta.pubkey)?.1;
                Some((meta, other))
            })
            .collect();
        let chosen = swap % swappable.len();
        let (meta, other): (&mut AccountMeta, Pubkey) =
            swappable.into_iter().nth(chosen).expect("every instruction names the silo's");
        meta.pubkey = other;
        instruction
    }

    fn instruction(&self, action: &Action, signer: &Pubkey, state: &State) -> Instruction {
        let silo = self.venue.silo;
        match *action {
            Action::Observe { with_markets } => {
                instruction::observe(if with_markets { &self.venue.markets } else { &[] })
            }
            Action::Open { account } => {
                instruction::open_margin_account(*signer, *signer, silo, ACCOUNTS[account].1)
            }
            Action::Close { account, .. } => {
                instruction::close_margin_account(*signer, self.accounts[account])
            }
            Action::Deposit { person, account, amount } => {
                let wallet = self.people[person].wallet;
                instruction::deposit(*signer, wallet, silo, self.accounts[account], amount)
            }
            Action::Withdraw { signer: person, account, amount } => {
                let (wallet, markets) =
                    (self.people[person].wallet, self.open(account, state, None));
                let account = self.accounts[account];
                instruction::withdraw(*signer, silo, account, wallet, amount, &markets)
            }
            Action::Place { .. }
            | Action::Trigger { .. }
            | Action::Cancel { .. }
            | Action::Execute { .. } => self.order_instruction(action, signer, state),
            Action::Flag { account } => {
                instruction::flag(self.accounts[account], &self.open(account, state, None))
            }
            Action::Liquidate { account, market, liquidator } => {
                let others = self.open(account, state, Some(market));
                let (account, liquidator) = (self.accounts[account], self.accounts[liquidator]);
                let market = self.venue.markets[market];
                instruction::liquidate(silo, market, account, liquidator, &others)
            }
            Action::Mature { account, .. } => {
                instruction::mature_profit(*signer, silo, self.accounts[account])
            }
            Action::WriteOff { account } => {
                let markets = self.open(account, state, None);
                instruction::write_off_debt(silo, self.accounts[account], &markets)
            }
            Action::Donate { vault, amount } => {
                transfer(self.people[DONOR].wallet, self.vaults()[vault], *signer, amount)
            }
            Action::Reconcile => instruction::reconcile_vaults(silo),
            Action::Collect => instruction::collect_fees(silo, self.people[ADMIN].wallet),
            Action::RequestExit { .. } | Action::PayExit { .. } | Action::CancelExit { .. } => {
                self.exit_instruction(action, signer)
            }
            _ => self.pool_instruction(action, signer, state),
        }
    }

    fn order_instruction(&self, action: &Action, signer: &Pubkey, state: &State) -> Instruction {
        let silo = self.venue.silo;
        match *action {
            Action::Place { account, market, request, .. } => {
                let market = self.venue.markets[market];
                let markets = self.open(account, state, None);
                let backed = request.fee > 0 || opens(action, state);
                let markets = if backed { &markets[..] } else { &[] };
                instruction::place_order(*signer, self.accounts[account], market, request, markets)
            }
            Action::Trigger { account, number, market } => {
                let market = self.venue.markets[market];
                instruction::trigger_order(self.accounts[account], market, number)
            }
            Action::Cancel { account, number, market, .. } => {
                let market = self.venue.markets[market];
                instruction::cancel_order(*signer, self.accounts[account], market, number)
            }
            Action::Execute { account, number, market, executor } => {
                let others = self.open(account, state, Some(market));
                let (account, executor) = (self.accounts[account], self.accounts[executor]);
                let market = self.venue.markets[market];
                instruction::execute_order(silo, market, account, executor, number, &others)
            }
            _ => unreachable!("{action:?} is about no order"),
        }
    }

    fn fuse_instruction(&self, action: &Action) -> Instruction {
        match *action {
            Action::Blow { second, families, ms } => {
                let of = |number: usize| guardians()[number].pubkey();
                instruction::blow_fuses([of(0), of(second)], families, ms)
            }
            Action::Trip { account } => {
                let account = account.map(|account| self.accounts[account]);
                instruction::trip_fuse(self.venue.silo, account)
            }
            _ => unreachable!("{action:?} is about no fuse"),
        }
    }

    fn exit_instruction(&self, action: &Action, signer: &Pubkey) -> Instruction {
        let silo = self.venue.silo;
        match *action {
            Action::RequestExit { signer: person, account, amount } => {
                let wallet = self.people[person].wallet;
                instruction::request_exit(*signer, silo, self.accounts[account], wallet, amount)
            }
            Action::PayExit { account } => {
                let wallet = self.people[ACCOUNTS[account].0].wallet;
                instruction::pay_exit(silo, self.accounts[account], wallet)
            }
            Action::CancelExit { account, .. } => {
                instruction::cancel_exit(*signer, self.accounts[account])
            }
            _ => unreachable!("{action:?} is no exit"),
        }
    }

    fn pool_instruction(&self, action: &Action, signer: &Pubkey, state: &State) -> Instruction {
        let silo = self.venue.silo;
        let (Action::Request { request, .. }
        | Action::CancelRequest { request, .. }
        | Action::ExecuteRequest { request }) = *action
        else {
            unreachable!("{action:?} has a builder of its own")
        };
        let (provider, number) = REQUESTS[request];
        let insurance = pool_of(provider) == PoolKind::Insurance;
        let owner = &self.people[FIRST_PROVIDER + provider];
        let (wallet, shares) = (owner.wallet, self.shares[provider]);
        let address = self.requests[request];
        let leaves = state.requests[request].is_some_and(|waiting| waiting.leaves);
        match *action {
            Action::Request { leaves, amount, least, .. } => {
                let (from, to) = if leaves { (shares, wallet) } else { (wallet, shares) };
                let order = PoolOrder { insurance, leaves, amount, least };
                instruction::request_pool(*signer, silo, number, from, to, order)
            }
            Action::CancelRequest { .. } => {
                let refund = if leaves { shares } else { wallet };
                let owner = owner.keypair.pubkey();
                instruction::return_pool_request(*signer, owner, silo, address, refund, insurance)
            }
            _ => {
                let to = if leaves { wallet } else { shares };
                let markets = if insurance { &[][..] } else { &self.venue.markets[..] };
                let owner = owner.keypair.pubkey();
                instruction::execute_pool_request(owner, silo, address, to, insurance, markets)
            }
        }
    }

    /// Markets of an account's open positions without one of them, in rising order.
    fn open(&self, account: usize, state: &State, except: Option<usize>) -> Vec<Pubkey> {
        let open = state.accounts[account].iter().flat_map(|state| state.open());
        open.filter(|index| Some(*index) != except).map(|index| self.venue.markets[index]).collect()
    }
}

/// Who signs; whoever keeps the venue running where it does not matter.
fn signer_of(action: &Action) -> usize {
    match *action {
        Action::Open { account } => ACCOUNTS[account].0,
        Action::Close { signer, .. }
        | Action::Withdraw { signer, .. }
        | Action::RequestExit { signer, .. }
        | Action::CancelExit { signer, .. }
        | Action::Place { signer, .. }
        | Action::Cancel { signer, .. }
        | Action::Mature { signer, .. }
        | Action::CancelRequest { signer, .. } => signer,
        Action::Deposit { person, .. } => person,
        Action::Request { request, .. } => FIRST_PROVIDER + REQUESTS[request].0,
        Action::Foreign { ref action, .. } => signer_of(action),
        Action::Donate { .. } => DONOR,
        _ => FIRST_PROVIDER + PROVIDERS,
    }
}

/// Whether an order would open against what its account holds.
fn opens(action: &Action, state: &State) -> bool {
    let Action::Place { account, market, ref request, .. } = *action else { return false };
    let held = state.accounts[account].as_ref().map(|it| it.positions[market].size);
    requested_order(request).opened(held.unwrap_or_default()).0 > 0
}

/// The token program's `Transfer`.
fn transfer(from: Pubkey, to: Pubkey, authority: Pubkey, amount: u64) -> Instruction {
    let accounts = vec![
        AccountMeta::new(from, false),
        AccountMeta::new(to, false),
        AccountMeta::new_readonly(authority, true),
    ];
    let data = [&[3], &amount.to_le_bytes()[..]].concat();
    Instruction { program_id: instruction::TOKEN_PROGRAM, accounts, data }
}
