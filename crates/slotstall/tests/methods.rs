//! Every method that Agave's client has, asked with that client: what it gets has to be what it reads.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::json;
use slotstall::node::Finality;
use slotstall::rpc::{Subscriptions, answer};
use slotstall::{Cluster, Node, Shared, serve};
use solana_account::Account;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::{
    RpcBlockConfig, RpcBlockProductionConfig, RpcGetVoteAccountsConfig, RpcLargestAccountsConfig,
    RpcLeaderScheduleConfig,
};
use solana_rpc_client_api::request::TokenAccountsFilter;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_status_client_types::{
    EncodedTransaction, TransactionDetails, UiTransactionEncoding,
};

const NOW: u64 = 1_760_000_000_000;
const SOL: u64 = 1_000_000_000;
const TOKENS: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

/// Everything that the table in docs/slotstall.md says is answered.
fn documented() -> BTreeSet<String> {
    let page = include_str!("../../../docs/slotstall.md");
    let (_, section) = page.split_once("## What it answers").expect("the section");
    let section = section.split("\n## ").next().expect("its text");
    let rows = section.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// Every method of Agave 4.2.2's JSON-RPC and WebSocket.
const AGAVE: &str = "getAccountInfo getBalance getBlock getBlockCommitment getBlockHeight \
    getBlockProduction getBlocks getBlocksWithLimit getBlockTime getClusterNodes getEpochInfo \
    getEpochSchedule getFeeForMessage getFirstAvailableBlock getGenesisHash getHealth \
    getHighestSnapshotSlot getIdentity getInflationGovernor getInflationRate getInflationReward \
    getLargestAccounts getLatestBlockhash getLeaderSchedule getMaxRetransmitSlot \
    getMaxShredInsertSlot getMinimumBalanceForRentExemption getMultipleAccounts \
    getProgramAccounts getRecentPerformanceSamples getRecentPrioritizationFees \
    getSignatureStatuses getSignaturesForAddress getSlot getSlotLeader getSlotLeaders \
    getStakeMinimumDelegation getSupply getTokenAccountBalance getTokenAccountsByDelegate \
    getTokenAccountsByOwner getTokenLargestAccounts getTokenSupply getTransaction \
    getTransactionCount getVersion getVoteAccounts isBlockhashValid minimumLedgerSlot \
    requestAirdrop sendTransaction simulateTransaction accountSubscribe logsSubscribe \
    programSubscribe rootSubscribe signatureSubscribe slotSubscribe slotsUpdatesSubscribe \
    blockSubscribe voteSubscribe getAgGenesisCert";

/// What a validator without flags refuses as well, and what belongs to a consensus that is not there.
const REFUSED: [&str; 3] = ["blockSubscribe", "getAgGenesisCert", "voteSubscribe"];

#[test]
fn the_page_lists_what_is_answered() {
    let mut node = Node::new(Cluster::new(NOW));
    let mut is_known = |method: &str| {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": []});
        let subscribed = Subscriptions::default().answer(&node, &request);
        subscribed.unwrap_or_else(|| answer(&mut node, &request))["error"]["code"] != -32601
    };
    let documented = documented();
    let agave: BTreeSet<_> = AGAVE.split_whitespace().map(str::to_owned).collect();
    for method in agave.union(&documented) {
        assert_eq!(is_known(method), documented.contains(method), "{method}");
    }
    let missing: Vec<_> = agave.difference(&documented).map(String::as_str).collect();
    assert_eq!(missing, REFUSED);
}

/// A node with a block of one transfer, and a mint with an account of somebody's that others may spend.
struct Stage {
    node: Shared,
    client: RpcClient,
    payer: Keypair,
    friend: Pubkey,
    mint: Pubkey,
    tokens: Pubkey,
    signature: String,
    slot: u64,
}

impl Stage {
    async fn new() -> Self {
        let (payer, friend) = (Keypair::new(), Pubkey::new_unique());
        let (mint, tokens) = (Pubkey::new_unique(), Pubkey::new_unique());
        let mut cluster = Cluster::new(NOW);
        cluster.fund(&payer.pubkey(), 10 * SOL);
        put_tokens(&mut cluster, mint, tokens, &payer.pubkey(), &friend);
        let node: Shared = Arc::new(Mutex::new(Node::with(cluster, Finality::Voted)));
        let address = serve(Arc::clone(&node), |_| {}).unwrap();
        let commitment = CommitmentConfig::confirmed();
        let client = RpcClient::new_with_commitment(format!("http://{address}"), commitment);
        let (signature, slot) = {
            let mut node = node.lock().unwrap();
            node.run(130_000);
            let data = [2_u32.to_le_bytes().as_slice(), &SOL.to_le_bytes()].concat();
            let accounts =
                vec![AccountMeta::new(payer.pubkey(), true), AccountMeta::new(friend, false)];
            let transfer = Instruction { program_id: Pubkey::default(), accounts, data };
            let hash = node.present().blockhash();
            let message = Message::new_with_blockhash(&[transfer], Some(&payer.pubkey()), &hash);
            let message = VersionedMessage::Legacy(message);
            let signed = VersionedTransaction::try_new(message, &[&payer]).unwrap();
            let slot = node.present().slot();
            let signature = node.send(signed).unwrap().to_string();
            node.run(20_000);
            (signature, slot)
        };
        Self { node, client, payer, friend, mint, tokens, signature, slot }
    }
}

/// A mint of five whole tokens, one and a half of which are `owner`'s, for `delegate` to spend.
fn put_tokens(
    cluster: &mut Cluster,
    mint: Pubkey,
    tokens: Pubkey,
    owner: &Pubkey,
    delegate: &Pubkey,
) {
    let program = TOKENS.parse().unwrap();
    let held =
        |data: Vec<u8>| Account { data, lamports: SOL, owner: program, ..Account::default() };
    let mut data = vec![0; 82];
    data[36..44].copy_from_slice(&5_000_000_u64.to_le_bytes());
    (data[44], data[45]) = (6, 1);
    cluster.set(mint, held(data));
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[64..72].copy_from_slice(&1_500_000_u64.to_le_bytes());
    data[72] = 1;
    data[76..108].copy_from_slice(delegate.as_ref());
    data[108] = 1;
    data[121..129].copy_from_slice(&1_000_000_u64.to_le_bytes());
    cluster.set(tokens, held(data));
}

#[tokio::test]
async fn blocks_are_read_by_agaves_client() {
    let Stage { client, signature, slot, friend, .. } = Stage::new().await;
    let block = client.get_block(slot).await.unwrap();
    assert_eq!((block.parent_slot, block.block_height), (slot - 1, Some(slot)));
    assert_eq!(block.block_time.unwrap(), client.get_block_time(slot).await.unwrap());
    assert_eq!(block.transactions.len(), 1);
    let before = client.get_block(slot - 1).await.unwrap();
    assert_eq!(before.blockhash, block.previous_blockhash);
    for (details, encoding) in [
        (TransactionDetails::Full, UiTransactionEncoding::Base64),
        (TransactionDetails::Full, UiTransactionEncoding::Base58),
        (TransactionDetails::Full, UiTransactionEncoding::Json),
        (TransactionDetails::Full, UiTransactionEncoding::JsonParsed),
        (TransactionDetails::Accounts, UiTransactionEncoding::Json),
    ] {
        let config = RpcBlockConfig {
            encoding: Some(encoding),
            transaction_details: Some(details),
            rewards: Some(false),
            commitment: Some(CommitmentConfig::confirmed()),
            max_supported_transaction_version: Some(0),
        };
        let block = client.get_block_with_config(slot, config).await.unwrap();
        assert_eq!(block.rewards, None);
        let [transaction] = block.transactions.unwrap().try_into().unwrap();
        assert_eq!(transaction.meta.unwrap().fee, 5_000);
        match transaction.transaction {
            EncodedTransaction::Accounts(list) => {
                assert_eq!(list.account_keys[1].pubkey, friend.to_string());
            }
            encoded if details == TransactionDetails::Full => {
                let is_text = matches!(
                    encoding,
                    UiTransactionEncoding::Base64 | UiTransactionEncoding::Base58
                );
                assert_eq!(encoded.decode().is_some(), is_text);
            }
            other => panic!("{other:?}"),
        }
    }
    let config = RpcBlockConfig {
        transaction_details: Some(TransactionDetails::Signatures),
        ..RpcBlockConfig::default()
    };
    let block = client.get_block_with_config(slot, config).await.unwrap();
    assert_eq!(block.signatures, Some(vec![signature]));
    assert_eq!(client.get_blocks(slot, Some(slot + 2)).await.unwrap(), [slot, slot + 1, slot + 2]);
    assert_eq!(client.get_blocks_with_limit(slot, 2).await.unwrap(), [slot, slot + 1]);
    assert!(client.get_blocks(slot, None).await.unwrap().len() > 2);
    let first = client.get_first_available_block().await.unwrap();
    assert!(first < slot);
    assert_eq!(client.minimum_ledger_slot().await.unwrap(), first);
    client.get_block(first).await.unwrap();
}

#[tokio::test]
async fn what_is_known_of_a_chain_is_read_by_agaves_client() {
    let Stage { node, client, slot, .. } = Stage::new().await;
    let commitment = client.get_block_commitment(slot).await.unwrap();
    assert!(commitment.total_stake > 0 && commitment.commitment.is_none());
    let now = node.lock().unwrap().present().slot();
    let stakes = client.get_block_commitment(now - 3).await.unwrap().commitment.unwrap();
    assert_eq!(stakes.iter().position(|stake| *stake > 0), Some(3));
    let produced = client.get_block_production().await.unwrap().value;
    let identity = client.get_identity().await.unwrap();
    let (slots, blocks) = produced.by_identity[&identity.to_string()];
    assert!(slots == blocks && blocks > 100, "{slots} {blocks}");
    node.lock().unwrap().begin(
        slotstall::node::Condition::Runs(slotstall::Pace { slot_ms: 400, failing_percent: 60 }),
        None,
    );
    node.lock().unwrap().run(40_000);
    let range =
        RpcBlockProductionConfig { identity: Some(identity.to_string()), ..Default::default() };
    let produced = client.get_block_production_with_config(range).await.unwrap().value;
    let (slots, blocks) = produced.by_identity[&identity.to_string()];
    assert!(blocks < slots, "{slots} {blocks}");
    let samples = client.get_recent_performance_samples(Some(2)).await.unwrap();
    assert_eq!(samples.len(), 2);
    let transactions: u64 = samples.iter().filter_map(|it| it.num_non_vote_transactions).sum();
    assert_eq!((samples[0].sample_period_secs, transactions), (60, 1));
    assert!(!client.get_recent_prioritization_fees(&[]).await.unwrap().is_empty());
    client.get_epoch_info().await.unwrap();
    client.get_epoch_schedule().await.unwrap();
    client.get_genesis_hash().await.unwrap();
    client.get_health().await.unwrap();
    client.get_transaction_count().await.unwrap();
    client.get_max_retransmit_slot().await.unwrap();
    client.get_max_shred_insert_slot().await.unwrap();
    let refused = client.get_highest_snapshot_slot().await.unwrap_err().to_string();
    assert!(refused.contains("-32008"), "{refused}");
}

#[tokio::test]
async fn what_is_known_of_validators_is_read_by_agaves_client() {
    let Stage { node, client, payer, .. } = Stage::new().await;
    let identity = client.get_identity().await.unwrap();
    assert_eq!(client.get_slot_leader().await.unwrap(), identity);
    let slot = node.lock().unwrap().present().slot();
    let leaders = client.get_slot_leaders(slot, 5).await.unwrap();
    assert_eq!(leaders, [identity; 5]);
    let nodes = client.get_cluster_nodes().await.unwrap();
    assert_eq!(nodes[0].pubkey, identity.to_string());
    let voting = client.get_vote_accounts().await.unwrap();
    assert_eq!((voting.current.len(), voting.delinquent.len()), (1, 0));
    assert_eq!(voting.current[0].node_pubkey, identity.to_string());
    let other = RpcGetVoteAccountsConfig {
        vote_pubkey: Some(payer.pubkey().to_string()),
        ..RpcGetVoteAccountsConfig::default()
    };
    assert!(client.get_vote_accounts_with_config(other).await.unwrap().current.is_empty());
    let schedule = client.get_leader_schedule(None).await.unwrap().unwrap();
    assert_eq!(schedule[&identity.to_string()].len(), 432_000);
    let other = RpcLeaderScheduleConfig {
        identity: Some(payer.pubkey().to_string()),
        ..RpcLeaderScheduleConfig::default()
    };
    let schedule = client.get_leader_schedule_with_config(None, other).await.unwrap();
    assert_eq!(schedule, Some(Default::default()));
    assert_eq!(client.get_leader_schedule(Some(1)).await.unwrap(), None);
    let supply = client.supply().await.unwrap().value;
    assert!(supply.total > 10 * SOL && supply.total == supply.circulating);
    let config = RpcLargestAccountsConfig::default();
    let largest = client.get_largest_accounts_with_config(config).await.unwrap().value;
    assert!(largest.is_sorted_by_key(|account| std::cmp::Reverse(account.lamports)));
    assert!(largest.len() <= 20 && largest[0].lamports > 8 * SOL);
    assert_eq!(client.get_inflation_governor().await.unwrap().initial, 0.0);
    assert_eq!(client.get_inflation_rate().await.unwrap().total, 0.0);
    assert_eq!(client.get_inflation_reward(&[identity], None).await.unwrap(), [None]);
    assert_eq!(client.get_stake_minimum_delegation().await.unwrap(), 1);
}

#[tokio::test]
async fn tokens_are_read_by_agaves_client() {
    let Stage { client, payer, friend, mint, tokens, .. } = Stage::new().await;
    assert_eq!(client.get_token_account_balance(&tokens).await.unwrap().ui_amount_string, "1.5");
    assert_eq!(client.get_token_supply(&mint).await.unwrap().ui_amount_string, "5");
    let largest = client.get_token_largest_accounts(&mint).await.unwrap();
    assert_eq!((largest.len(), largest[0].address.as_str()), (1, tokens.to_string().as_str()));
    let program = TOKENS.parse().unwrap();
    for filter in [TokenAccountsFilter::Mint(mint), TokenAccountsFilter::ProgramId(program)] {
        let filter = || match filter {
            TokenAccountsFilter::Mint(mint) => TokenAccountsFilter::Mint(mint),
            TokenAccountsFilter::ProgramId(program) => TokenAccountsFilter::ProgramId(program),
        };
        let owned = client.get_token_accounts_by_owner(&payer.pubkey(), filter()).await.unwrap();
        assert_eq!((owned.len(), owned[0].pubkey.as_str()), (1, tokens.to_string().as_str()));
        let spent = client.get_token_accounts_by_delegate(&friend, filter()).await.unwrap();
        assert_eq!(spent, owned);
        assert!(client.get_token_accounts_by_owner(&friend, filter()).await.unwrap().is_empty());
    }
    assert_eq!(client.get_token_account(&tokens).await.unwrap().unwrap().mint, mint.to_string());
    let refused = client.get_token_supply(&tokens).await.unwrap_err().to_string();
    assert!(refused.contains("not a Token mint"), "{refused}");
    let accounts = client.get_multiple_accounts(&[tokens, Pubkey::new_unique()]).await.unwrap();
    assert_eq!((accounts[0].as_ref().map(|it| it.data.len()), &accounts[1]), (Some(165), &None));
}
