/** Landing a transaction: simulated first, then sent again and again until it has landed or never can. */

import { explainError } from '@holdfast/client';
import {
    type Instruction,
    type Rpc,
    SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR,
    SOLANA_ERROR__TRANSACTION_ERROR__ACCOUNT_NOT_FOUND,
    SOLANA_ERROR__TRANSACTION_ERROR__INSUFFICIENT_FUNDS_FOR_FEE,
    SOLANA_ERROR__TRANSACTION_ERROR__INSUFFICIENT_FUNDS_FOR_RENT,
    type Signature,
    type SolanaErrorCode,
    type SolanaRpcApi,
    type TransactionSigner,
    appendTransactionMessageInstructions,
    createTransactionMessage,
    estimateResourceLimitsFactory,
    getBase64EncodedWireTransaction,
    getSignatureFromTransaction,
    isSolanaError,
    pipe,
    setTransactionMessageComputeUnitLimit,
    setTransactionMessageComputeUnitPrice,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    signTransactionMessageWithSigners,
} from '@solana/kit';

/** How often it is sent and asked for, milliseconds. */
const AGAIN_MS = 1_500;
/** Compute units asked for, percent of what the simulation took. */
const UNITS_PERCENT = 125;
/** The most that is offered for a compute unit, millionths of a lamport: 0.0002 SOL for 200,000 of them. */
const HIGHEST_PRICE = 1_000_000n;

/** How far a transaction has come. */
export type Progress =
    | { kind: 'preparing' }
    | { kind: 'signing' }
    | { kind: 'sent'; signature: Signature; times: number }
    | { kind: 'landed'; signature: Signature }
    | { kind: 'refused'; reason: string; advice?: string }
    | { kind: 'expired' };

/**
 * Sends instructions, and tells how far they have come. What the program would refuse is refused before the wallet is
 * asked. While the chain stands still no blockhash ages, so what is sent then lands when it goes on.
 */
export async function land(
    rpc: Rpc<SolanaRpcApi>,
    signer: TransactionSigner,
    instructions: readonly Instruction[],
    tell: (progress: Progress) => void,
): Promise<Progress> {
    const say = (progress: Progress) => {
        tell(progress);
        return progress;
    };
    try {
        say({ kind: 'preparing' });
        const { message, lastValidBlockHeight } = await prepared(rpc, signer, instructions);
        say({ kind: 'signing' });
        const signed = await signTransactionMessageWithSigners(message);
        const signature = getSignatureFromTransaction(signed);
        const wire = getBase64EncodedWireTransaction(signed);
        for (let times = 1; ; times += 1) {
            say({ kind: 'sent', signature, times });
            // What cannot be sent now is sent again in a moment.
            await rpc
                .sendTransaction(wire, { encoding: 'base64', skipPreflight: true })
                .send()
                .catch(() => undefined);
            await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
            const verdict = await verdictOn(rpc, signature, lastValidBlockHeight).catch(() => undefined);
            if (verdict !== undefined) {
                return say(verdict);
            }
        }
    } catch (error) {
        return say(refusal(error));
    }
}

async function prepared(rpc: Rpc<SolanaRpcApi>, signer: TransactionSigner, instructions: readonly Instruction[]) {
    const { value: lifetime } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    const bare = pipe(
        createTransactionMessage({ version: 0 }),
        (message) => setTransactionMessageFeePayerSigner(signer, message),
        (message) => setTransactionMessageLifetimeUsingBlockhash(lifetime, message),
        (message) => appendTransactionMessageInstructions(instructions, message),
    );
    const { computeUnitLimit } = await estimateResourceLimitsFactory({ rpc })(bare, { commitment: 'confirmed' });
    const price = await usualPrice(rpc);
    const units = Math.ceil((computeUnitLimit * UNITS_PERCENT) / 100);
    const message = pipe(setTransactionMessageComputeUnitLimit(units, bare), (limited) =>
        price > 0n ? setTransactionMessageComputeUnitPrice(price, limited) : limited,
    );
    return { message, lastValidBlockHeight: lifetime.lastValidBlockHeight };
}

/** What three quarters of the latest blocks took, within bounds. */
async function usualPrice(rpc: Rpc<SolanaRpcApi>): Promise<bigint> {
    const fees = await rpc
        .getRecentPrioritizationFees()
        .send()
        .catch(() => []);
    const sorted = fees.map(({ prioritizationFee }) => BigInt(prioritizationFee)).sort((a, b) => (a < b ? -1 : 1));
    const price = sorted[Math.floor(sorted.length * 0.75)] ?? 0n;
    return price < HIGHEST_PRICE ? price : HIGHEST_PRICE;
}

async function verdictOn(
    rpc: Rpc<SolanaRpcApi>,
    signature: Signature,
    lastValidBlockHeight: bigint,
): Promise<Progress | undefined> {
    const { value } = await rpc.getSignatureStatuses([signature], { searchTransactionHistory: true }).send();
    const status = value[0];
    if (status?.err != null) {
        const context = { code: customCode(status.err) };
        return refusal(Object.assign(new Error('the program refused it'), { context }));
    }
    if (status?.confirmationStatus === 'confirmed' || status?.confirmationStatus === 'finalized') {
        return { kind: 'landed', signature };
    }
    if (status != null) {
        return undefined;
    }
    const height = await rpc.getBlockHeight({ commitment: 'finalized' }).send();
    return height > lastValidBlockHeight ? { kind: 'expired' } : undefined;
}

/** The program's own code in a transaction's error. */
function customCode(error: unknown): number | undefined {
    const found = /"Custom":\s*"?(\d+)/.exec(
        JSON.stringify(error, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    );
    return found?.[1] === undefined ? undefined : Number(found[1]);
}

const ADVICE = {
    now: 'Change it and send again.',
    refresh: 'A keeper has to bring prices up to date first: try again in a moment.',
    wait: 'Try the same again later.',
    never: 'Sending it again does not help.',
} as const;

function refusal(error: unknown): Progress {
    const explained = explainError(error);
    if (explained !== undefined) {
        const { name, message, argument, remedy } = explained;
        const detail = argument === undefined ? '' : ` (${argument})`;
        return { kind: 'refused', reason: `${sentence(message)}${detail} [${name}]`, advice: ADVICE[remedy] };
    }
    return { kind: 'refused', reason: deepest(error) };
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What is said where neither the program nor the wallet says anything that people understand. */
const KNOWN: [SolanaErrorCode, string][] = [
    [SOLANA_ERROR__TRANSACTION_ERROR__ACCOUNT_NOT_FOUND, 'This wallet has no SOL to pay the fee with.'],
    [
        SOLANA_ERROR__TRANSACTION_ERROR__INSUFFICIENT_FUNDS_FOR_FEE,
        'This wallet has too little SOL to pay the fee with.',
    ],
    [
        SOLANA_ERROR__TRANSACTION_ERROR__INSUFFICIENT_FUNDS_FOR_RENT,
        'This wallet has too little SOL for the rent of an account.',
    ],
    [SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR, 'The endpoint does not take it: try again, or choose another endpoint.'],
];

/** What the innermost of the errors says. */
function deepest(error: unknown): string {
    let found = error;
    while (found instanceof Error && found.cause instanceof Error) {
        found = found.cause;
    }
    const known = KNOWN.find(([code]) => isSolanaError(found, code));
    if (known !== undefined) {
        return known[1];
    }
    if (isSolanaError(found)) {
        return `The cluster refuses it (error ${found.context.__code} of Solana).`;
    }
    return found instanceof Error ? found.message : String(found);
}
