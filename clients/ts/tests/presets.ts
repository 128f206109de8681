// The settings of migrations/src/presets.rs.
import type { MarketTermsArgs, SiloTermsArgs, ThresholdsArgs, TimelockArgs } from '../src/index.js';

const thresholds: ThresholdsArgs = {
    slowBps: 15_000,
    slowOverBps: 12_500,
    crawlingBps: 30_000,
    skippingBps: 2_000,
    skippingOverBps: 1_200,
    failingBps: 5_000,
    blackoutMs: 180_000,
    gapMs: 10_000,
    silenceMs: 60_000,
    holdMs: 60_000,
    graceMs: 300_000,
    restartGraceMs: 900_000,
    thawMs: 600_000,
};

const timelock: TimelockArgs = { waitMs: 172_800_000, readyMs: 604_800_000 };

const silo: SiloTermsArgs = {
    insuranceShareBps: 2_000,
    protocolShareBps: 1_000,
    outageReserveBps: 2_000,
    epochCapBps: 5_000,
    payableShareBps: 8_000,
    utilisationBps: 30_000,
    insuranceTargetBps: 200,
    maturityMs: 300_000,
    requestDelayMs: 5_000,
    unstakeCooldownMs: 86_400_000,
};

/** A liquid market of an asset worth about `price` whole units. */
export function market(price: bigint): MarketTermsArgs {
    const worth = (money: bigint) => (money * 1_000_000n) / price;
    return {
        initialBps: 1_000,
        maintenanceBps: 500,
        penaltyBps: 150,
        firstShareBps: 1_000,
        lastShareBps: 5_000,
        takerFeeBps: 6,
        confidenceBps: 200,
        volatilityShareBps: 1_000,
        accountShareBps: 2_000,
        utilisationBps: 30_000,
        divergenceBps: 100,
        bandBps: 1_500,
        referenceSpeedBps: 100,
        thawPaceBps: 500,
        baseSpreadPpm: 200,
        fundingCapPpb: 1_000_000,
        fundingVelocityPpb: 2_000_000,
        borrowPpb: 50_000,
        tierVolatilityPpm: 800,
        rampMs: 60_000,
        ageMs: 30_000,
        futureMs: 1_000,
        decideWithinMs: 5_000,
        executionDelayMs: 2_000,
        flagDelayMs: 3_000,
        smallest: worth(10n),
        depth: worth(2_000_000_000n),
        fullSkew: worth(20_000_000n),
        sideCap: worth(50_000_000n),
    };
}

export const presets = { thresholds, timelock, silo, market: market(150n) };
