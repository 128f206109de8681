//! What the command `solana` 4.2.2 asks for and the other tests of clients do not, with the settings it
//! has: `solana transfer --with-memo`, `airdrop`, `account` and `program show --buffers`.

use std::sync::{Arc, Mutex};

use slotstall::node::Finality;
use slotstall::{Cluster, Node, serve};
use solana_account_decoder::{UiAccountEncoding, UiDataSliceConfig};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::Message;
use solana_pubkey::Pubkey;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcRequestAirdropConfig, RpcTransactionConfig,
};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_status_client_types::UiTransactionEncoding;

const NOW: u64 = 1_760_000_000_000;
const SOL: u64 = 1_000_000_000;
/// The memo program that it calls; most clients call the one at the address before this.
const MEMO: Pubkey = Pubkey::from_str_const("Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH");
/// A buffer's state before its authority: `UpgradeableLoaderState::Buffer { Some(_) }`.
const BUFFER: [u8; 5] = [1, 0, 0, 0, 1];

/// A client of a cluster with somebody who has SOL and a buffer of 36 bytes, every block of which is
/// final at once.
fn stage() -> (RpcClient, Keypair, Pubkey) {
    let (payer, buffer) = (Keypair::new(), Pubkey::new_unique());
    let mut cluster = Cluster::new(NOW);
    cluster.fund(&payer.pubkey(), 10 * SOL);
    cluster.write_buffer(buffer, &payer.pubkey(), &[7; 36]);
    let node = Arc::new(Mutex::new(Node::with(cluster, Finality::Instant)));
    let address = serve(node, |_| {}).unwrap();
    let commitment = CommitmentConfig::confirmed();
    (RpcClient::new_with_commitment(format!("http://{address}"), commitment), payer, buffer)
}

fn zstd() -> RpcAccountInfoConfig {
    let commitment = Some(CommitmentConfig::confirmed());
    let encoding = Some(UiAccountEncoding::Base64Zstd);
    RpcAccountInfoConfig { encoding, commitment, ..RpcAccountInfoConfig::default() }
}

#[tokio::test]
async fn a_memo_lands_and_is_in_the_logs() {
    let (client, payer, _) = stage();
    let data = [2_u32.to_le_bytes().as_slice(), &SOL.to_le_bytes()].concat();
    let accounts =
        vec![AccountMeta::new(payer.pubkey(), true), AccountMeta::new(Pubkey::new_unique(), false)];
    let transfer = Instruction { program_id: Pubkey::default(), accounts, data };
    let memo = Instruction { program_id: MEMO, accounts: Vec::new(), data: b"hello".to_vec() };
    let hash = client.get_latest_blockhash().await.unwrap();
    let message = Message::new(&[transfer, memo], Some(&payer.pubkey()));
    let transaction = Transaction::new(&[&payer], message, hash);
    let signature = client.send_and_confirm_transaction(&transaction).await.unwrap();
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        max_supported_transaction_version: Some(0),
    };
    let found = client.get_transaction_with_config(&signature, config).await.unwrap();
    let logs: Vec<_> = found.transaction.meta.unwrap().log_messages.unwrap();
    assert!(logs.iter().any(|line| line.contains("hello")), "{logs:?}");
}

#[tokio::test]
async fn an_airdrop_names_a_blockhash_of_its_own() {
    let (client, ..) = stage();
    let (somebody, hash) = (Pubkey::new_unique(), client.get_latest_blockhash().await.unwrap());
    let config = RpcRequestAirdropConfig {
        recent_blockhash: Some(hash.to_string()),
        commitment: Some(CommitmentConfig::confirmed()),
    };
    client.request_airdrop_with_config(&somebody, SOL, config).await.unwrap();
    assert_eq!(client.get_balance(&somebody).await.unwrap(), SOL);
}

#[tokio::test]
async fn accounts_come_compressed_and_buffers_are_found_by_their_authority() {
    let (client, payer, buffer) = stage();
    let shown = client.get_ui_account_with_config(&buffer, zstd()).await.unwrap().value.unwrap();
    let data = shown.data.decode().unwrap();
    assert_eq!(data, [BUFFER.as_slice(), payer.pubkey().as_ref(), &[7; 36]].concat());
    let slice = UiDataSliceConfig { offset: 0, length: 37 };
    let config = RpcProgramAccountsConfig {
        filters: Some(vec![
            RpcFilterType::Memcmp(Memcmp::new_base58_encoded(0, &BUFFER[..4])),
            RpcFilterType::Memcmp(Memcmp::new_base58_encoded(4, &BUFFER[4..])),
            RpcFilterType::Memcmp(Memcmp::new_base58_encoded(5, payer.pubkey().as_ref())),
        ]),
        account_config: RpcAccountInfoConfig { data_slice: Some(slice), ..zstd() },
        ..RpcProgramAccountsConfig::default()
    };
    let loader = bpf_loader_upgradeable::ID;
    let found = client.get_program_ui_accounts_with_config(&loader, config).await.unwrap();
    let [(address, account)] = found.try_into().unwrap();
    assert_eq!((address, account.data.decode().unwrap().len()), (buffer, slice.length));
}
