import {
  Connection,
  Keypair,
  LAMPORTS_PER_SOL,
  PublicKey,
  SystemProgram,
  Transaction,
  sendAndConfirmTransaction,
} from '@solana/web3.js';
import { describe, expect, test } from 'vitest';
import { useSlotstall } from 'slotstall/vitest';

describe('with @solana/web3.js, in real time', () => {
  const cluster = useSlotstall({ time: 'real' });

  test('what happens is confirmed, told of, and found again', async () => {
    const connection = new Connection(cluster().url, 'confirmed');
    const [payer, friend] = [Keypair.generate(), Keypair.generate()];
    const given = await connection.requestAirdrop(payer.publicKey, 5 * LAMPORTS_PER_SOL);
    const latest = await connection.getLatestBlockhash();
    await connection.confirmTransaction({ signature: given, ...latest });
    const told = new Promise<number>((resolve) => {
      connection.onAccountChange(friend.publicKey, (account) => resolve(account.lamports));
    });
    const logged = new Promise<string[]>((resolve) => {
      connection.onLogs(friend.publicKey, (logs) => resolve(logs.logs));
    });
    const slots = new Promise<number>((resolve) => {
      connection.onSlotChange((slot) => resolve(slot.slot));
    });
    // The listeners are there once another subscription on their connection is answered.
    expect(await slots).toBeGreaterThan(1_000_000);
    const transfer = SystemProgram.transfer({
      fromPubkey: payer.publicKey,
      toPubkey: friend.publicKey,
      lamports: LAMPORTS_PER_SOL,
    });
    const sent = await sendAndConfirmTransaction(connection, new Transaction().add(transfer), [payer]);
    expect(await told).toBe(LAMPORTS_PER_SOL);
    expect((await logged).join()).toContain('success');
    const found = await connection.getTransaction(sent, { maxSupportedTransactionVersion: 0 });
    expect(found?.meta?.err).toBeNull();
    expect((await connection.getParsedTransaction(sent))?.slot).toBe(found?.slot);
    const [newest] = await connection.getSignaturesForAddress(friend.publicKey);
    expect(newest?.signature).toBe(sent);
    expect(await connection.getBalance(friend.publicKey)).toBe(LAMPORTS_PER_SOL);
    expect((await connection.getParsedAccountInfo(friend.publicKey)).value?.lamports).toBe(LAMPORTS_PER_SOL);
    expect((await connection.getEpochInfo()).absoluteSlot).toBeGreaterThan(1_000_000);
    expect(await connection.getBlockTime(await connection.getSlot())).toBeGreaterThan(0);
    expect((await connection.getVersion())['solana-core']).toBe('4.2.2');
    expect(await connection.getMinimumBalanceForRentExemption(0)).toBe(890_880);
  });

  // The package checks the shape of every answer.
  test('what is asked of blocks, validators and supply is in the shape it reads', async () => {
    const connection = new Connection(cluster().url, 'confirmed');
    const payer = Keypair.generate();
    const given = await connection.requestAirdrop(payer.publicKey, LAMPORTS_PER_SOL);
    const latest = await connection.getLatestBlockhash();
    await connection.confirmTransaction({ signature: given, ...latest });
    const { slot } = (await connection.getSignatureStatus(given)).value!;
    const block = await connection.getBlock(slot, { maxSupportedTransactionVersion: 0 });
    expect(block?.transactions.map((found) => found.transaction.signatures[0])).toContain(given);
    expect(block?.blockTime).toBe(await connection.getBlockTime(slot));
    expect((await connection.getParsedBlock(slot)).blockhash).toBe(block?.blockhash);
    expect((await connection.getBlockSignatures(slot)).signatures).toContain(given);
    expect(await connection.getBlocks(slot, slot)).toEqual([slot]);
    expect((await connection.getBlockProduction()).value.byIdentity).not.toEqual({});
    expect(await connection.getFirstAvailableBlock()).toBeLessThan(slot);
    expect(await connection.getMinimumLedgerSlot()).toBeLessThan(slot);
    const [node] = await connection.getClusterNodes();
    const [voter] = (await connection.getVoteAccounts()).current;
    expect(voter?.nodePubkey).toBe(node?.pubkey);
    expect(await connection.getSlotLeader()).toBe(node?.pubkey);
    expect((await connection.getSlotLeaders(slot, 2)).map(String)).toEqual([node?.pubkey, node?.pubkey]);
    expect((await connection.getLeaderSchedule())[node!.pubkey]).toHaveLength(432_000);
    expect((await connection.getSupply()).value.total).toBeGreaterThan(LAMPORTS_PER_SOL);
    expect((await connection.getLargestAccounts()).value.length).toBeGreaterThan(1);
    expect((await connection.getEpochSchedule()).slotsPerEpoch).toBe(432_000);
    expect((await connection.getInflationGovernor()).initial).toBe(0);
    expect((await connection.getInflationRate()).total).toBe(0);
    expect(await connection.getInflationReward([payer.publicKey])).toEqual([null]);
    expect((await connection.getStakeMinimumDelegation()).value).toBe(1);
    expect(await connection.getRecentPerformanceSamples(1)).toBeInstanceOf(Array);
    expect((await connection.getRecentPrioritizationFees()).length).toBeGreaterThan(0);
    expect(await connection.getGenesisHash()).toMatch(/^\w+$/);
    expect(await connection.getTransactionCount()).toBeGreaterThan(0);
    const program = new PublicKey('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
    expect((await connection.getTokenAccountsByOwner(payer.publicKey, { programId: program })).value).toEqual([]);
    const updates = new Promise<string>((resolve) => {
      connection.onSlotUpdate((update) => resolve(update.type));
    });
    expect(await updates).toBe('firstShredReceived');
  });

  test('what is refused says why', async () => {
    const connection = new Connection(cluster().url, 'confirmed');
    const [poor, friend] = [Keypair.generate(), Keypair.generate()];
    const transfer = SystemProgram.transfer({
      fromPubkey: poor.publicKey,
      toPubkey: friend.publicKey,
      lamports: 1,
    });
    const sent = sendAndConfirmTransaction(connection, new Transaction().add(transfer), [poor]);
    await expect(sent).rejects.toThrow('no record of a prior credit');
  });
});
