//! Any cluster, through an RPC endpoint. Errors are sentences that name the host and never the
//! address, which may carry a key.

use holdfast_client::{Instruction, Pubkey};
use holdfast_rpc::limits::{LOOKS, MOST_SIGNED, PATIENCE};
use holdfast_rpc::{
    AccountHead, Address, Budget, Endpoint, Simulated, Tracker, Verdict, follow, rehearse,
    rehearse_unsigned, sign,
};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_transaction_error::TransactionError;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;
use url::Url;

use crate::origin::is_near;
use crate::{AccountData, Cluster, Place};

/// A cluster behind an RPC endpoint. Not to be used inside an asynchronous task: it waits itself.
pub struct RpcCluster {
    runtime: Runtime,
    endpoint: Endpoint,
    place: Place,
    /// What is offered for a compute unit, micro-lamports.
    price: u64,
}

impl RpcCluster {
    /// Asks the endpoint which cluster it is on. Transactions offer `price` micro-lamports for each
    /// compute unit.
    ///
    /// # Errors
    /// A sentence when the address cannot be read or nobody answers there.
    pub fn connect(url: &str, price: u64) -> Result<Self, String> {
        let parsed = Url::parse(url).ok().filter(|it| ["http", "https"].contains(&it.scheme()));
        let parsed = parsed.filter(Url::has_host).ok_or(
            "--url is no address of an RPC endpoint: write one like http://127.0.0.1:8899",
        )?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("this machine grants no sockets or timers ({error})"))?;
        let endpoint = Endpoint::named_by("--url", Address(url.to_owned()));
        let genesis = runtime.block_on(endpoint.genesis())?;
        let place = Place { genesis, near: is_near(&parsed) };
        Ok(Self { runtime, endpoint, place, price })
    }

    /// Lands one transaction: tried first, so that a refusal comes with the program's words and
    /// costs nothing, and signed anew only when it is proved that it did not land.
    async fn land(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        for _ in 0..MOST_SIGNED {
            let tried = rehearse(&self.endpoint, instructions, signers).await?;
            let budget = Budget { units: Budget::measured(tried.units), price: self.price };
            refused(tried)?;
            let blockhash = self.endpoint.blockhash().await?;
            let signed = sign(budget, instructions, signers, &blockhash.hash)?;
            let tracker = Tracker::new(signed, blockhash);
            if self.follow(vec![tracker], &mut |_| {}).await? {
                return Ok(());
            }
        }
        Err(format!(
            "the cluster behind {} took no transaction for {MOST_SIGNED} blockhashes: run this \
             again later, or raise --priority-fee",
            self.endpoint.address
        ))
    }

    /// Lands what it can of many transactions before their blockhash expires.
    async fn land_many(
        &self,
        instructions: Vec<Instruction>,
        payer: &Keypair,
        landed: &mut dyn FnMut(usize),
    ) -> Result<(), String> {
        // All do the same, so the first says what each takes.
        let Some(first) = instructions.first() else { return Ok(()) };
        let tried = rehearse(&self.endpoint, std::slice::from_ref(first), &[payer]).await?;
        let budget = Budget { units: Budget::measured(tried.units), price: self.price };
        refused(tried)?;
        let blockhash = self.endpoint.blockhash().await?;
        let signed = instructions.iter().map(|instruction| {
            let instructions = std::slice::from_ref(instruction);
            let signed = sign(budget, instructions, &[payer], &blockhash.hash)?;
            Ok(Tracker::new(signed, blockhash))
        });
        let signed: Result<Vec<_>, String> = signed.collect();
        self.follow(signed?, landed).await.map(|_| ())
    }

    /// Sends transactions until each has landed or never will. Says whether all have landed.
    async fn follow(
        &self,
        transactions: Vec<Tracker<TransactionError>>,
        landed: &mut dyn FnMut(usize),
    ) -> Result<bool, String> {
        let mut all_landed = true;
        for tracker in follow(std::slice::from_ref(&self.endpoint), transactions, landed).await {
            match tracker.verdict() {
                Some(Verdict::Landed { .. }) => {}
                Some(Verdict::Expired) => all_landed = false,
                Some(Verdict::Refused { reason, .. }) => {
                    return Err(format!("the cluster refused this: {reason}"));
                }
                Some(Verdict::Unknown) | None => {
                    return Err(format!(
                        "{} has shown no new block for {} s; what was sent last may still land: \
                         check --url and the network, and run this again: it looks before it acts",
                        self.endpoint.address,
                        PATIENCE.as_secs()
                    ));
                }
            }
        }
        Ok(all_landed)
    }

    /// The newest slot that the cluster has confirmed.
    async fn slot(&self) -> Result<u64, String> {
        Ok(self.endpoint.epoch_at(CommitmentConfig::confirmed()).await?.0)
    }

    /// Waits until the cluster has confirmed another slot.
    async fn later_slot(&self) -> Result<(), String> {
        let start = self.slot().await?;
        let mut pauses = LOOKS.into_iter().chain(std::iter::repeat(LOOKS[LOOKS.len() - 1]));
        while self.slot().await? <= start {
            sleep(pauses.next().unwrap_or_default()).await;
        }
        Ok(())
    }
}

/// What a trial was refused with, in the program's words.
fn refused(tried: Simulated) -> Result<(), String> {
    let Some(error) = tried.refused else { return Ok(()) };
    Err(format!("the cluster refused this: {error}\n{}", tried.logs.join("\n")))
}

impl Cluster for RpcCluster {
    fn place(&mut self) -> Result<Place, String> {
        Ok(self.place.clone())
    }

    fn account(&mut self, address: &Pubkey) -> Result<Option<AccountData>, String> {
        let found = self.runtime.block_on(self.endpoint.confirmed(&[*address]))?;
        Ok(found.1.into_iter().flatten().next().map(|found| AccountData {
            owner: found.owner,
            lamports: found.lamports,
            data: found.data,
        }))
    }

    fn accounts_of(
        &mut self,
        program: &Pubkey,
        prefix: &[u8],
        head: usize,
    ) -> Result<Vec<AccountHead>, String> {
        self.runtime.block_on(self.endpoint.heads(program, prefix, head))
    }

    fn price(&self) -> u64 {
        self.price
    }

    fn rent(&mut self, length: usize) -> Result<u64, String> {
        self.runtime.block_on(self.endpoint.rent(length))
    }

    fn next_slot(&mut self) -> Result<(), String> {
        self.runtime.block_on(self.later_slot())
    }

    fn rehearse(&mut self, instructions: &[Instruction], payer: &Pubkey) -> Result<(), String> {
        let tried = rehearse_unsigned(&self.endpoint, instructions, payer);
        refused(self.runtime.block_on(tried)?)
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        self.runtime.block_on(self.land(instructions, signers))
    }

    fn send_unordered(
        &mut self,
        instructions: Vec<Instruction>,
        payer: &Keypair,
        landed: &mut dyn FnMut(usize),
    ) -> Result<(), String> {
        self.runtime.block_on(self.land_many(instructions, payer, landed))
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::solana_program::bpf_loader_upgradeable::write;
    use holdfast_client::Pubkey;
    use holdfast_rpc::{Budget, sign};
    use solana_keypair::Keypair;
    use solana_signer::Signer;

    use crate::buffer::CHUNK;

    #[test]
    fn a_write_fits_a_packet_whatever_is_offered_for_it() {
        let payer = Keypair::new();
        let write = write(&Pubkey::new_unique(), &payer.pubkey(), u32::MAX, vec![1; CHUNK]);
        for (price, units) in [(0, None), (u64::MAX, None), (u64::MAX, Some(u32::MAX))] {
            let budget = Budget { units, price };
            let instructions = std::slice::from_ref(&write);
            let signed = sign(budget, instructions, &[&payer], &Default::default()).unwrap();
            let length = bincode::serialized_size(&signed).unwrap();
            assert!(length <= 1_232, "{length}");
        }
    }
}
