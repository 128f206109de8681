//! A cluster that tests of what is only computed, or only rehearsed, need.

use holdfast_client::{Instruction, Pubkey};
use solana_keypair::Keypair;

use crate::{AccountData, AccountHead, Cluster, Place};

const NOT_ASKED: &str = "not asked";

/// A cluster where nothing costs rent.
#[derive(Default)]
pub struct Pretend {
    /// What is offered for a compute unit, micro-lamports.
    pub price: u64,
    /// The first byte of instructions that it takes.
    pub takes: u8,
}

impl Cluster for Pretend {
    fn place(&mut self) -> Result<Place, String> {
        Err(NOT_ASKED.to_owned())
    }

    fn account(&mut self, _: &Pubkey) -> Result<Option<AccountData>, String> {
        Err(NOT_ASKED.to_owned())
    }

    fn accounts_of(&mut self, _: &Pubkey, _: &[u8], _: usize) -> Result<Vec<AccountHead>, String> {
        Err(NOT_ASKED.to_owned())
    }

    fn price(&self) -> u64 {
        self.price
    }

    fn rent(&mut self, _: usize) -> Result<u64, String> {
        Ok(0)
    }

    fn next_slot(&mut self) -> Result<(), String> {
        Err(NOT_ASKED.to_owned())
    }

    fn rehearse(&mut self, instructions: &[Instruction], _: &Pubkey) -> Result<(), String> {
        let mut firsts = instructions.iter().filter_map(|it| it.data.first());
        let takes = firsts.all(|first| *first == self.takes);
        takes.then_some(()).ok_or_else(|| "it takes another form".to_owned())
    }

    fn send(&mut self, _: &[Instruction], _: &[&Keypair]) -> Result<(), String> {
        Err(NOT_ASKED.to_owned())
    }
}
