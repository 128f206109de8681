import {
  airdropFactory,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  appendTransactionMessageInstruction,
  generateKeyPairSigner,
  lamports,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  assertIsTransactionWithBlockhashLifetime,
  AccountRole,
} from '@solana/kit';
import { describe, expect, test } from 'vitest';
import { Refused, Slotstall, useSlotstall } from 'slotstall/vitest';

const SYSTEM = '11111111111111111111111111111111';

describe('in virtual time', () => {
  const cluster = useSlotstall();

  test('a stall takes no slots, and the clock is late in the first block after it', async () => {
    const before = await cluster().status();
    await cluster().stall();
    expect(await cluster().run(45_000)).toMatchObject({ slot: before.slot, clock: before.clock });
    const first = await cluster().resume();
    expect(first.slot).toBe(before.slot + 1);
    expect(first.nowMs).toBe(before.nowMs + 45_000);
    expect(first.clock).toBeLessThanOrEqual(before.clock + 1);
    const later = await cluster().run(1_200);
    expect(later.clock).toBeGreaterThanOrEqual(before.clock + 44);
  });

  test('everything else that happens to a chain', async () => {
    const begun = await cluster().status();
    expect(await cluster().restart()).toMatchObject({ lastRestartSlot: begun.slot });
    await cluster().nominal(200);
    const half = await cluster().run(60_000);
    expect(half.slot - begun.slot).toBeGreaterThanOrEqual(299);
    expect((await cluster().slow(1_000)).condition).toBe('runs');
    expect((await cluster().run(10_000)).slot - half.slot).toBeLessThanOrEqual(11);
    await cluster().skip(60, 10_000);
    expect((await cluster().votesOnly()).condition).toBe('votesOnly');
    expect((await cluster().resume()).condition).toBe('well');
    await cluster().epochAge(10);
    await cluster().expire();
    await cluster().lose(0);
    await cluster().lag(0);
    expect((await cluster().freeze()).frozen).toBe(true);
    expect((await cluster().freeze(false)).frozen).toBe(false);
    await cluster().setAccount(SYSTEM.replace(/1$/, '2'), SYSTEM, new Uint8Array([1, 2]));
  });

  test('a fork takes blocks back, and what landed in them', async () => {
    const friend = await generateKeyPairSigner();
    const balance = () => cluster().ask<{ value: number }>('getBalance', [friend.address, { commitment: 'processed' }]);
    await cluster().run(2_000);
    await cluster().ask('requestAirdrop', [friend.address, 1_000_000]);
    expect((await balance()).value).toBe(1_000_000);
    await cluster().run(400);
    await cluster().fork(5);
    expect((await balance()).value).toBe(0);
  });

  test('what is wrong is said', async () => {
    await expect(cluster().skip(100)).rejects.toThrow('at most 99');
    await expect(cluster().ask('getNothing')).rejects.toMatchObject({ code: -32601 });
    await expect(cluster().ask('getNothing')).rejects.toBeInstanceOf(Refused);
    await expect(Slotstall.start({ programs: [['nowhere', 'no.so']] })).rejects.toThrow('no.so');
    await expect(Slotstall.start({ binary: '/nowhere' })).rejects.toThrow('SLOTSTALL_BIN');
  });
});

describe('with @solana/kit, in real time', () => {
  const cluster = useSlotstall({ time: 'real' });

  test('a transfer is confirmed, and waits while the chain stands', async () => {
    const rpc = createSolanaRpc(cluster().url);
    const rpcSubscriptions = createSolanaRpcSubscriptions(cluster().webSocketUrl);
    const [payer, friend] = [await generateKeyPairSigner(), await generateKeyPairSigner()];
    const airdrop = airdropFactory({ rpc, rpcSubscriptions } as Parameters<typeof airdropFactory>[0]);
    await airdrop({ recipientAddress: payer.address, lamports: lamports(5_000_000_000n), commitment: 'confirmed' });
    const send = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions });
    const transfer = async (sol: number) => {
      const { value: blockhash } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
      const data = new Uint8Array(12);
      new DataView(data.buffer).setUint32(0, 2, true);
      new DataView(data.buffer).setBigUint64(4, BigInt(sol) * 1_000_000_000n, true);
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (m) => setTransactionMessageFeePayerSigner(payer, m),
        (m) => setTransactionMessageLifetimeUsingBlockhash(blockhash, m),
        (m) =>
          appendTransactionMessageInstruction(
            {
              programAddress: SYSTEM as typeof payer.address,
              accounts: [
                { address: payer.address, role: AccountRole.WRITABLE_SIGNER, signer: payer },
                { address: friend.address, role: AccountRole.WRITABLE },
              ],
              data,
            },
            m,
          ),
      );
      const signed = await signTransactionMessageWithSigners(message);
      assertIsTransactionWithBlockhashLifetime(signed);
      return send(signed, { commitment: 'confirmed' });
    };
    const balance = async () =>
      (await rpc.getBalance(friend.address, { commitment: 'processed' }).send()).value;
    await transfer(1);
    expect(await balance()).toBe(1_000_000_000n);
    await cluster().stall();
    const waits = transfer(2);
    while ((await cluster().status()).waiting === 0) await new Promise(setImmediate);
    expect(await balance()).toBe(1_000_000_000n);
    await cluster().resume();
    await waits;
    expect(await balance()).toBe(3_000_000_000n);
  });
});
