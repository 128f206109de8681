import { type ReadonlyUint8Array } from '@solana/kit';
import * as types from './types/index.js';
/** Every event: its name, the eight bytes it begins with, and what reads the rest. */
export const EVENTS = [
    {
        name: 'AccountClosed',
        discriminator: [19, 250, 79, 236, 91, 80, 148, 48],
        decode: (data: ReadonlyUint8Array) => types.getAccountClosedEventDecoder().decode(data),
    },
    {
        name: 'AccountFlagged',
        discriminator: [181, 207, 1, 185, 195, 195, 145, 154],
        decode: (data: ReadonlyUint8Array) => types.getAccountFlaggedEventDecoder().decode(data),
    },
    {
        name: 'AccountOpened',
        discriminator: [250, 89, 39, 67, 35, 119, 126, 63],
        decode: (data: ReadonlyUint8Array) => types.getAccountOpenedEventDecoder().decode(data),
    },
    {
        name: 'ChainObserved',
        discriminator: [96, 192, 168, 71, 191, 2, 97, 29],
        decode: (data: ReadonlyUint8Array) => types.getChainObservedEventDecoder().decode(data),
    },
    {
        name: 'ChainStateChanged',
        discriminator: [67, 192, 91, 49, 180, 19, 101, 178],
        decode: (data: ReadonlyUint8Array) => types.getChainStateChangedEventDecoder().decode(data),
    },
    {
        name: 'ChangeApplied',
        discriminator: [226, 1, 224, 100, 192, 110, 58, 24],
        decode: (data: ReadonlyUint8Array) => types.getChangeAppliedEventDecoder().decode(data),
    },
    {
        name: 'ChangeCancelled',
        discriminator: [139, 179, 97, 81, 214, 21, 119, 93],
        decode: (data: ReadonlyUint8Array) => types.getChangeCancelledEventDecoder().decode(data),
    },
    {
        name: 'ChangeProposed',
        discriminator: [170, 10, 10, 8, 244, 196, 146, 151],
        decode: (data: ReadonlyUint8Array) => types.getChangeProposedEventDecoder().decode(data),
    },
    {
        name: 'DebtWrittenOff',
        discriminator: [209, 2, 110, 82, 195, 224, 240, 68],
        decode: (data: ReadonlyUint8Array) => types.getDebtWrittenOffEventDecoder().decode(data),
    },
    {
        name: 'Deposited',
        discriminator: [111, 141, 26, 45, 161, 35, 100, 57],
        decode: (data: ReadonlyUint8Array) => types.getDepositedEventDecoder().decode(data),
    },
    {
        name: 'ExchangeCreated',
        discriminator: [0, 50, 0, 190, 87, 189, 99, 3],
        decode: (data: ReadonlyUint8Array) => types.getExchangeCreatedEventDecoder().decode(data),
    },
    {
        name: 'ExchangeLocked',
        discriminator: [40, 62, 199, 157, 126, 84, 105, 135],
        decode: (data: ReadonlyUint8Array) => types.getExchangeLockedEventDecoder().decode(data),
    },
    {
        name: 'ExitCancelled',
        discriminator: [88, 212, 4, 149, 172, 64, 137, 232],
        decode: (data: ReadonlyUint8Array) => types.getExitCancelledEventDecoder().decode(data),
    },
    {
        name: 'ExitPaid',
        discriminator: [135, 5, 84, 235, 210, 12, 176, 43],
        decode: (data: ReadonlyUint8Array) => types.getExitPaidEventDecoder().decode(data),
    },
    {
        name: 'ExitRequested',
        discriminator: [92, 125, 6, 23, 233, 196, 149, 70],
        decode: (data: ReadonlyUint8Array) => types.getExitRequestedEventDecoder().decode(data),
    },
    {
        name: 'FeesCollected',
        discriminator: [233, 23, 117, 225, 107, 178, 254, 8],
        decode: (data: ReadonlyUint8Array) => types.getFeesCollectedEventDecoder().decode(data),
    },
    {
        name: 'FuseTripped',
        discriminator: [54, 221, 1, 57, 86, 125, 187, 36],
        decode: (data: ReadonlyUint8Array) => types.getFuseTrippedEventDecoder().decode(data),
    },
    {
        name: 'FusesBlown',
        discriminator: [228, 249, 235, 135, 48, 199, 30, 5],
        decode: (data: ReadonlyUint8Array) => types.getFusesBlownEventDecoder().decode(data),
    },
    {
        name: 'MarketListed',
        discriminator: [29, 11, 143, 239, 139, 12, 79, 19],
        decode: (data: ReadonlyUint8Array) => types.getMarketListedEventDecoder().decode(data),
    },
    {
        name: 'MarketRefreshed',
        discriminator: [137, 5, 228, 141, 72, 86, 38, 197],
        decode: (data: ReadonlyUint8Array) => types.getMarketRefreshedEventDecoder().decode(data),
    },
    {
        name: 'MarketSettled',
        discriminator: [237, 212, 22, 175, 201, 117, 215, 99],
        decode: (data: ReadonlyUint8Array) => types.getMarketSettledEventDecoder().decode(data),
    },
    {
        name: 'MarketUnpriced',
        discriminator: [11, 80, 62, 38, 65, 63, 39, 22],
        decode: (data: ReadonlyUint8Array) => types.getMarketUnpricedEventDecoder().decode(data),
    },
    {
        name: 'OrderExecuted',
        discriminator: [74, 135, 231, 5, 168, 106, 194, 117],
        decode: (data: ReadonlyUint8Array) => types.getOrderExecutedEventDecoder().decode(data),
    },
    {
        name: 'OrderPlaced',
        discriminator: [96, 130, 204, 234, 169, 219, 216, 227],
        decode: (data: ReadonlyUint8Array) => types.getOrderPlacedEventDecoder().decode(data),
    },
    {
        name: 'OrderRemoved',
        discriminator: [84, 155, 121, 142, 240, 235, 144, 23],
        decode: (data: ReadonlyUint8Array) => types.getOrderRemovedEventDecoder().decode(data),
    },
    {
        name: 'OrderTriggered',
        discriminator: [242, 228, 9, 85, 62, 161, 99, 208],
        decode: (data: ReadonlyUint8Array) => types.getOrderTriggeredEventDecoder().decode(data),
    },
    {
        name: 'PoolRequestCancelled',
        discriminator: [132, 168, 98, 128, 28, 83, 85, 142],
        decode: (data: ReadonlyUint8Array) => types.getPoolRequestCancelledEventDecoder().decode(data),
    },
    {
        name: 'PoolRequestExecuted',
        discriminator: [175, 118, 58, 145, 248, 40, 125, 248],
        decode: (data: ReadonlyUint8Array) => types.getPoolRequestExecutedEventDecoder().decode(data),
    },
    {
        name: 'PoolRequested',
        discriminator: [134, 110, 176, 106, 84, 134, 201, 194],
        decode: (data: ReadonlyUint8Array) => types.getPoolRequestedEventDecoder().decode(data),
    },
    {
        name: 'PositionLiquidated',
        discriminator: [40, 107, 90, 214, 96, 30, 61, 128],
        decode: (data: ReadonlyUint8Array) => types.getPositionLiquidatedEventDecoder().decode(data),
    },
    {
        name: 'PositionSettled',
        discriminator: [75, 100, 92, 189, 245, 116, 252, 221],
        decode: (data: ReadonlyUint8Array) => types.getPositionSettledEventDecoder().decode(data),
    },
    {
        name: 'ProfitMatured',
        discriminator: [32, 41, 79, 137, 186, 4, 121, 30],
        decode: (data: ReadonlyUint8Array) => types.getProfitMaturedEventDecoder().decode(data),
    },
    {
        name: 'SettlementAnnounced',
        discriminator: [167, 222, 23, 68, 75, 239, 48, 141],
        decode: (data: ReadonlyUint8Array) => types.getSettlementAnnouncedEventDecoder().decode(data),
    },
    {
        name: 'SettlementCancelled',
        discriminator: [162, 168, 16, 159, 58, 70, 126, 203],
        decode: (data: ReadonlyUint8Array) => types.getSettlementCancelledEventDecoder().decode(data),
    },
    {
        name: 'SiloCreated',
        discriminator: [225, 27, 141, 196, 72, 10, 120, 188],
        decode: (data: ReadonlyUint8Array) => types.getSiloCreatedEventDecoder().decode(data),
    },
    {
        name: 'UpgradeProposed',
        discriminator: [254, 154, 236, 63, 109, 78, 234, 230],
        decode: (data: ReadonlyUint8Array) => types.getUpgradeProposedEventDecoder().decode(data),
    },
    {
        name: 'VaultsReconciled',
        discriminator: [164, 79, 6, 106, 236, 3, 225, 30],
        decode: (data: ReadonlyUint8Array) => types.getVaultsReconciledEventDecoder().decode(data),
    },
    {
        name: 'Withdrawn',
        discriminator: [20, 89, 223, 198, 194, 124, 219, 13],
        decode: (data: ReadonlyUint8Array) => types.getWithdrawnEventDecoder().decode(data),
    },
] as const;
