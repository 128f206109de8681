// A position through the client on a real validator, where keepers execute. `cargo xtask test --e2e` runs
// it, with the endpoint, the WebSocket's and the keypair file of somebody whose account 0 holds collateral.
import { readFile } from 'node:fs/promises';

import {
    type Address,
    type Instruction,
    type KeyPairSigner,
    appendTransactionMessageInstructions,
    assertIsTransactionWithBlockhashLifetime,
    createKeyPairSignerFromBytes,
    createSolanaRpc,
    createSolanaRpcSubscriptions,
    createTransactionMessage,
    pipe,
    sendAndConfirmTransactionFactory,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    signTransactionMessageWithSigners,
} from '@solana/kit';

import * as holdfast from '../src/index.js';

const [url = '', webSocketUrl = '', keypair = ''] = process.argv.slice(2);
const rpc = createSolanaRpc(url);
const rpcSubscriptions = createSolanaRpcSubscriptions(webSocketUrl);
const sendAndConfirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions });
/** How long keepers may take to execute an order, milliseconds. */
const PATIENCE = 120_000;

async function send(signer: KeyPairSigner, instruction: Instruction): Promise<void> {
    const { value: blockhash } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    const message = pipe(
        createTransactionMessage({ version: 0 }),
        (message) => setTransactionMessageFeePayerSigner(signer, message),
        (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
        (message) => appendTransactionMessageInstructions([instruction], message),
    );
    const signed = await signTransactionMessageWithSigners(message);
    assertIsTransactionWithBlockhashLifetime(signed);
    await sendAndConfirm(signed, { commitment: 'confirmed' });
}

/** The next execution of an order among what happens to the account. */
async function executed(notices: AsyncGenerator<holdfast.Notice>): Promise<bigint> {
    for await (const { events } of notices) {
        const event = events.find(({ name }) => name === 'OrderExecuted');
        if (event?.name === 'OrderExecuted') {
            return event.data.position;
        }
    }
    throw new Error('nobody executed the order in time');
}

/** Places an order and waits until a keeper has executed it; the position that is left. */
async function trade(
    owner: KeyPairSigner,
    account: Address,
    market: Address,
    text: Pick<holdfast.OrderText, 'side' | 'effect' | 'limit'>,
): Promise<bigint> {
    const signal = AbortSignal.timeout(PATIENCE);
    const notices = holdfast.subscribeEvents(rpcSubscriptions, { mentions: account, signal });
    const execution = executed(notices);
    const venue = await holdfast.loadVenue(rpc);
    const { data } = await holdfast.fetchMarginAccount(rpc, account);
    const expires = new Date(Date.now() + PATIENCE);
    const order = holdfast.order({ ...text, size: '2', trigger: 'immediate', expires, fee: '0.05' });
    const markets = holdfast.marketsOf(venue, data);
    await send(
        owner,
        await holdfast.getPlaceOrderInstructionAsync({ owner, account, market, ...order, markets }),
    );
    return execution;
}

const owner = await createKeyPairSignerFromBytes(
    Uint8Array.from(JSON.parse(await readFile(keypair, 'utf8')) as number[]),
);
const [silo] = await holdfast.findSiloPda({ number: 0 });
const [market] = await holdfast.findMarketPda({ silo, index: 0 });
const [account] = await holdfast.findMarginAccountPda({ silo, owner: owner.address, number: 0 });

const [address] = await holdfast.findChainHealthPda();
const health = await holdfast.fetchChainHealth(rpc, address);
const risk = await holdfast.Risk.load();
const { state } = risk.chainState(health.data, await holdfast.readChain(rpc));

const bought = await trade(owner, account, market, { side: 'buy', effect: 'open', limit: '1000' });

const trigger = await holdfast.getTriggerOrderInstructionAsync({ account, market, number: 9_999n });
const refusal = await send(owner, trigger).then(
    () => undefined,
    (error: unknown) => holdfast.explainError(error)?.name,
);

const left = await trade(owner, account, market, { side: 'sell', effect: 'reduce', limit: '1' });
const told = { state: holdfast.ChainState[state], bought: Number(bought), refusal, left: Number(left) };
process.stdout.write(JSON.stringify(told), () => process.exit());
