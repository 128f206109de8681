import {
    type Address,
    type GetMultipleAccountsApi,
    type ReadonlyUint8Array,
    type Rpc,
    address,
    fetchEncodedAccounts,
    getI64Decoder,
    getU64Decoder,
} from '@solana/kit';

/** Newest entries of `SlotHashes` whose distance tells the skipped slots, as the program reads it. */
const SKIP_WINDOW = 128;
/** Bytes of an entry: a slot and a hash. */
const SLOT_HASH = 40;
/** Slots of an epoch: no chain skips more and makes blocks. */
const EPOCH_SLOTS = 432_000n;

const SYSVARS: Address[] = [
    address('SysvarC1ock11111111111111111111111111111111'),
    address('SysvarLastRestartS1ot1111111111111111111111'),
    address('SysvarS1otHashes111111111111111111111111111'),
];

/** What the chain says of itself. */
export interface ChainFacts {
    slot: bigint;
    /** The cluster's clock, milliseconds. */
    clockMs: bigint;
    /** The slot of the cluster's last restart; `undefined` where it is not known. */
    lastRestartSlot: bigint | undefined;
    /** Slots skipped over the newest 128 blocks; `undefined` where it cannot be told. */
    skipped: bigint | undefined;
}

/**
 * Reads the sysvars that the program judges the chain by.
 *
 * @throws RangeError when the cluster has no clock.
 */
export async function readChain(rpc: Rpc<GetMultipleAccountsApi>): Promise<ChainFacts> {
    const found = await fetchEncodedAccounts(rpc, SYSVARS);
    const [clock, restart, hashes] = found.map((account) => (account.exists ? account.data : undefined));
    if (clock === undefined) {
        throw new RangeError('the cluster shows no clock: ask another endpoint');
    }
    return chainFacts(clock, restart, hashes);
}

/** The facts in the sysvars' bytes: `Clock`, `LastRestartSlot`, `SlotHashes`. */
export function chainFacts(
    clock: ReadonlyUint8Array,
    restart: ReadonlyUint8Array | undefined,
    hashes: ReadonlyUint8Array | undefined,
): ChainFacts {
    const slot = getU64Decoder().decode(clock);
    const clockMs = getI64Decoder().decode(clock, 32) * 1_000n;
    const restarted = restart === undefined ? undefined : getU64Decoder().decode(restart);
    const lastRestartSlot = restarted !== undefined && restarted <= slot ? restarted : undefined;
    return { slot, clockMs, lastRestartSlot, skipped: skippedSlots(slot, hashes) };
}

/** As the program tells them: nothing is known where the list is short or out of order. */
function skippedSlots(slot: bigint, hashes: ReadonlyUint8Array | undefined): bigint | undefined {
    const number = (at: number) => getU64Decoder().decode(hashes as ReadonlyUint8Array, at);
    if (hashes === undefined || hashes.length < 16 + SLOT_HASH * SKIP_WINDOW) {
        return undefined;
    }
    const [count, newest, older] = [number(0), number(8), number(8 + SLOT_HASH * SKIP_WINDOW)];
    const skipped = newest - older - BigInt(SKIP_WINDOW);
    const known = count > BigInt(SKIP_WINDOW) && newest < slot && skipped >= 0n && skipped < EPOCH_SLOTS;
    return known ? skipped : undefined;
}
