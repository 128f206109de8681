//! Deposits, withdrawals, pools and donations.

use rand::Rng;

use super::Generator;
use crate::action::{Action, Kind};
use crate::cast::{ACCOUNTS, FIRST_PROVIDER, PEOPLE, REQUESTS};
use crate::state::{Account, State};

impl Generator {
    pub(super) fn deposit(&mut self, account: usize) -> Action {
        let stranger = self.random.random_ratio(1, 5);
        let person =
            if stranger { self.random.random_range(0..PEOPLE) } else { ACCOUNTS[account].0 };
        let amount = self.amount(self.deposit);
        Action::Deposit { person, account, amount }
    }

    pub(super) fn withdraw(&mut self, account: usize, state: &State) -> Action {
        let signer = self.owner_of(account);
        let most = state.accounts[account].as_ref().map_or(1, |it| it.balances.collateral.0);
        let idle = state.accounts[account].as_ref().is_some_and(|it| it.open().count() == 0);
        let amount = match self.random.random_range(0..10) {
            0..7 if idle => most,
            3 => most.saturating_add(1),
            4..7 => self.random.random_range(0..=most / 10),
            _ => self.amount(most),
        };
        Action::Withdraw { signer, account, amount }
    }

    /// Asking for an exit, mostly of an account without positions and orders and of everything; paying one or taking it back.
    pub(super) fn exit(&mut self, kind: Kind, account: usize, state: &State) -> Action {
        let asks = kind == Kind::RequestExit;
        let fits = |it: Option<&Account>| {
            let worth = |it: &Account| it.is_flat() && it.balances.collateral.0 > 0;
            it.is_some_and(|it| if asks { worth(it) } else { it.exit.waits.0 > 0 })
        };
        let account = self.any_account(state, fits).unwrap_or(account);
        let signer = self.owner_of(account);
        match kind {
            Kind::PayExit => Action::PayExit { account },
            Kind::CancelExit => Action::CancelExit { signer, account },
            _ => {
                let has = state.accounts[account].as_ref().map_or(0, |it| it.balances.collateral.0);
                let whole = self.random.random();
                let amount = if whole { has } else { self.amount(has) };
                Action::RequestExit { signer, account, amount }
            }
        }
    }

    /// Mostly up to `most`; sometimes nothing, one unit or more than anyone has.
    fn amount(&mut self, most: u64) -> u64 {
        match self.random.random_range(0..20) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            _ => self.random.random_range(0..=most),
        }
    }

    pub(super) fn any_request(&mut self) -> usize {
        self.random.random_range(0..REQUESTS.len())
    }

    pub(super) fn request(&mut self, state: &State) -> Action {
        let request = self.any_request();
        let provider = REQUESTS[request].0;
        let leaves = self.random.random();
        let has = if leaves {
            state.tokens.shares[provider]
        } else {
            state.tokens.wallets[FIRST_PROVIDER + provider]
        };
        let amount = if self.random.random_ratio(1, 8) { has } else { self.amount(has / 3) };
        let least = match self.random.random_range(0..10) {
            0 => u64::MAX,
            1 => amount,
            2 => amount / 10 * 9,
            3 => 0,
            _ => 1,
        };
        Action::Request { request, leaves, amount, least }
    }

    pub(super) fn cancel_request(&mut self) -> Action {
        let request = self.any_request();
        let stranger = self.random.random_ratio(1, 10);
        let owner = FIRST_PROVIDER + REQUESTS[request].0;
        let signer = if stranger { self.random.random_range(0..PEOPLE) } else { owner };
        Action::CancelRequest { signer, request }
    }

    pub(super) fn donate(&mut self) -> Action {
        let amount = self.random.random_range(0..50_000_000);
        Action::Donate { vault: self.random.random_range(0..2), amount }
    }
}
