//! Any cluster, through an RPC endpoint. Errors are sentences that name the host and never the
//! address, which may carry a key.

mod landing;
mod reason;

use std::time::Duration;

use holdfast_client::{Instruction, Pubkey};
use serde_json::json;
use solana_commitment_config::CommitmentConfig;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_keypair::Keypair;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::client_error;
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::RpcKeyedAccount;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;
use url::Url;

pub use reason::reason;

use crate::origin::is_near;
use crate::{AccountData, Cluster, Head, Place};

/// An endpoint that does not answer in this time has not answered.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Between two looks at the cluster: twice as long each time, up to the last.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];

/// A cluster behind an RPC endpoint. Not to be used inside an asynchronous task: it waits itself.
pub struct RpcCluster {
    runtime: Runtime,
    endpoint: Endpoint,
}

struct Endpoint {
    client: RpcClient,
    host: String,
    place: Place,
    /// What is offered for a compute unit, micro-lamports.
    price: u64,
}

impl RpcCluster {
    /// Asks the endpoint which cluster it is on. Transactions offer `price` micro-lamports for each
    /// compute unit.
    ///
    /// # Errors
    /// A sentence when the address is none or nobody answers there.
    pub fn connect(url: &str, price: u64) -> Result<Self, String> {
        let parsed = Url::parse(url).ok().filter(|it| ["http", "https"].contains(&it.scheme()));
        let parsed = parsed.filter(Url::has_host).ok_or(
            "--url is no address of an RPC endpoint: write one like http://127.0.0.1:8899",
        )?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("this machine grants no sockets or timers ({error})"))?;
        let commitment = CommitmentConfig::confirmed();
        let client =
            RpcClient::new_with_timeout_and_commitment(url.to_owned(), TIMEOUT, commitment);
        let place = Place { genesis: String::new(), near: is_near(&parsed) };
        let mut endpoint = Endpoint { client, host: host(&parsed), place, price };
        let genesis = runtime.block_on(endpoint.client.get_genesis_hash());
        endpoint.place.genesis = genesis.map_err(|error| endpoint.said(error))?.to_string();
        Ok(Self { runtime, endpoint })
    }
}

impl Cluster for RpcCluster {
    fn place(&mut self) -> Result<Place, String> {
        Ok(self.endpoint.place.clone())
    }

    fn account(&mut self, address: &Pubkey) -> Result<Option<AccountData>, String> {
        let endpoint = &self.endpoint;
        let found = self.runtime.block_on(endpoint.client.get_multiple_accounts(&[*address]));
        let found = found.map_err(|error| endpoint.said(error))?.pop().flatten();
        Ok(found.map(|found| AccountData {
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
    ) -> Result<Vec<Head>, String> {
        let mut config = json!({
            "encoding": "base64",
            "commitment": "confirmed",
            "dataSlice": {"offset": 0, "length": head},
        });
        if !prefix.is_empty() {
            config["filters"] = json!([{"memcmp": {"offset": 0, "bytes": prefix}}]);
        }
        let endpoint = &self.endpoint;
        let params = json!([program.to_string(), config]);
        let found = self.runtime.block_on(
            endpoint.client.send::<Vec<RpcKeyedAccount>>(RpcRequest::GetProgramAccounts, params),
        );
        let found = found.map_err(|error| endpoint.said(error))?;
        let heads = found.iter().map(|keyed| {
            let mut data = keyed.account.data.decode()?;
            let length = keyed.account.space.map_or(data.len(), |space| space as usize);
            data.truncate(head);
            let (address, lamports) = (keyed.pubkey.parse().ok()?, keyed.account.lamports);
            Some(Head { address, lamports, length, data })
        });
        let heads: Option<Vec<_>> = heads.collect();
        heads.ok_or(format!("{} answers with accounts that make no sense", endpoint.host))
    }

    fn rent(&mut self, length: usize) -> Result<u64, String> {
        let endpoint = &self.endpoint;
        let asked = endpoint.client.get_minimum_balance_for_rent_exemption(length);
        self.runtime.block_on(asked).map_err(|error| endpoint.said(error))
    }

    fn next_slot(&mut self) -> Result<(), String> {
        let endpoint = &self.endpoint;
        self.runtime.block_on(async {
            let start = endpoint.slot().await?;
            let mut looks = 0;
            while endpoint.slot().await? <= start {
                pause(looks).await;
                looks += 1;
            }
            Ok(())
        })
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        self.runtime.block_on(self.endpoint.land(instructions, signers))
    }

    fn send_unordered(
        &mut self,
        instructions: Vec<Instruction>,
        payer: &Keypair,
        landed: &mut dyn FnMut(usize),
    ) -> Result<(), String> {
        self.runtime.block_on(self.endpoint.land_many(instructions, payer, landed))
    }
}

impl Endpoint {
    /// The newest slot that the cluster has confirmed.
    async fn slot(&self) -> Result<u64, String> {
        let info = self.client.get_epoch_info().await;
        info.map(|info| info.absolute_slot).map_err(|error| self.said(error))
    }

    fn said(&self, error: client_error::Error) -> String {
        format!("{} does not answer ({}): check --url and the network", self.host, reason(error))
    }
}

/// With the price of compute units in front, where one is offered.
fn priced(price: u64, instructions: &[Instruction]) -> Vec<Instruction> {
    let offer = ComputeBudgetInstruction::set_compute_unit_price(price);
    let offer = (price > 0).then_some(offer);
    offer.into_iter().chain(instructions.iter().cloned()).collect()
}

/// Waits before the next look, having looked so often.
async fn pause(looks: usize) {
    sleep(PAUSES[looks.min(PAUSES.len() - 1)]).await;
}

/// Scheme, host and port: what an address may be shown with.
fn host(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}
