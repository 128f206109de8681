// Liquidity for a stage.
import assert from 'node:assert/strict';

import * as holdfast from '../src/index.js';
import type { Stage } from './stage.js';

/**
 * Somebody joins the liquidity pool with so many whole units; the events of the execution, right before
 * which `look` is called.
 */
export async function provide(
    stage: Stage,
    units: bigint,
    look: () => Promise<void> = async () => {},
): Promise<holdfast.HoldfastEvent[]> {
    const { silo, market } = await stage.addresses();
    const provider = await stage.person(units);
    const owner = provider.signer;
    const [shareMint] = await holdfast.findLiquidityMintPda({ silo });
    const [vault] = await holdfast.findLiquidityVaultPda({ silo });
    const shares = await stage.person(0n);
    stage.put(shares.tokens, shareMint, owner.address, 0n);
    const order = { number: 0, insurance: false, leaves: false, amount: units * 1_000_000n, least: 1n };
    const accounts = { silo, source: provider.tokens, destination: shares.tokens, vault, shareMint };
    const ask = await holdfast.getRequestPoolInstructionAsync({ owner, ...accounts, ...order });
    await stage.send(owner, [ask]);
    stage.pass(6n);
    await stage.price(150n);
    const [request] = await holdfast.findPoolRequestPda({ silo, owner: owner.address, number: 0 });
    const venue = await holdfast.loadVenue(stage.rpc);
    const markets = holdfast.allMarketsOf(holdfast.siloOf(venue, { silo }));
    assert.deepEqual(markets, [market]);
    const { source: _, ...rest } = accounts;
    const execution = { owner: owner.address, request, ...rest, markets };
    await look();
    const { events } = await stage.send(owner, [
        await holdfast.getExecutePoolRequestInstructionAsync(execution),
    ]);
    assert.ok(stage.tokens(shares.tokens) > 0n);
    return events;
}
