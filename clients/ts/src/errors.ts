import { type Address } from '@solana/kit';

import { ERRORS } from './generated/errorTable.js';
import { HOLDFAST_PROGRAM_ADDRESS } from './generated/index.js';

/** The name of an error of the program. */
export type ErrorName = (typeof ERRORS)[number][1];

/**
 * What to do about a refusal:
 * - `now`: change what the message names and send again;
 * - `refresh`: bring prices or the account's stage up to date (`refresh_market`, `observe`, or the
 *   instruction the message names) and send again;
 * - `wait`: send the same again later, when the message's condition holds;
 * - `never`: nothing that you send makes this succeed, or it is done already.
 */
export type Remedy = 'now' | 'refresh' | 'wait' | 'never';

/** A refusal, explained. */
export interface Explanation {
    code: number;
    name: ErrorName;
    message: string;
    remedy: Remedy;
    /** The argument or setting that is at fault and what it has to be, where the log names it. */
    argument?: string;
}

const REMEDIES: Record<ErrorName, Remedy> = {
    AccountBroken: 'never',
    AccountNotEmpty: 'now',
    AccountSafe: 'never',
    AccountShareCap: 'now',
    AlreadyAnnounced: 'never',
    AlreadyFlagged: 'never',
    AlreadyLocked: 'never',
    AlreadyTriggered: 'never',
    BelowInitialMargin: 'now',
    BelowMinimum: 'now',
    BeyondLimit: 'wait',
    BooksSound: 'never',
    BudgetExhausted: 'wait',
    ChainNotReady: 'wait',
    ChangeExpired: 'never',
    ChangeNotReady: 'wait',
    ChangeRequired: 'now',
    ChangeSuperseded: 'never',
    ClosingOrderFirst: 'now',
    DebtCoverable: 'never',
    DepositTooSmall: 'now',
    DurableNonce: 'now',
    ExchangeNotLocked: 'wait',
    ExitWaiting: 'never',
    ExitsQueue: 'now',
    FeedBeforeDisruption: 'refresh',
    FeedCount: 'now',
    FeedNotNewer: 'wait',
    FuseBlown: 'wait',
    FutureFeed: 'wait',
    GuardianSet: 'now',
    InvalidOrder: 'now',
    LedgerBroken: 'never',
    LiquidityInUse: 'wait',
    MarketNotReady: 'refresh',
    MarketSettled: 'never',
    MarketsMissing: 'now',
    MintDecimals: 'now',
    NoExit: 'never',
    NoFeedPrice: 'wait',
    NoFreeOrderSlot: 'now',
    NoPosition: 'never',
    NoPriceYet: 'refresh',
    NotAdmin: 'now',
    NotEnoughCollateral: 'now',
    NotFlagged: 'refresh',
    NotGuardian: 'now',
    NotIdle: 'now',
    NotLargestLeg: 'now',
    NotMatured: 'wait',
    NotMilliseconds: 'now',
    NotOwner: 'now',
    NotSettled: 'never',
    NothingToMove: 'never',
    NothingToReduce: 'never',
    NothingToTighten: 'never',
    OpenInterestCap: 'now',
    OrderExpired: 'never',
    OrderLapsed: 'never',
    OrderNotExpired: 'wait',
    OrderNotFound: 'never',
    OrderNotTriggered: 'refresh',
    OutflowLimit: 'wait',
    Overflow: 'now',
    OwnRemoval: 'never',
    PaceExhausted: 'wait',
    PoolUndervalued: 'wait',
    PriceKnown: 'wait',
    PriceMayReturn: 'wait',
    PriceOutsideBand: 'wait',
    ProfitCut: 'wait',
    ProposerReplaced: 'never',
    ReconcileFirst: 'refresh',
    RequestDue: 'wait',
    RequestLapsed: 'never',
    RequestNotDue: 'wait',
    SampleTooSoon: 'never',
    SettlementNotDue: 'wait',
    SilosMissing: 'now',
    StaleFeed: 'refresh',
    StalePrice: 'refresh',
    TermsOutOfBounds: 'now',
    TooManyMarkets: 'never',
    TriggerNotMet: 'wait',
    UncertainFeed: 'wait',
    UnknownProvider: 'now',
    UnreadableFeed: 'never',
    UnreadableSysvar: 'never',
    UpgradeAuthority: 'now',
    UtilisationCap: 'now',
    VaultShort: 'never',
    WrongBuffer: 'now',
    WrongChange: 'now',
    WrongFeed: 'now',
    WrongMarket: 'now',
    WrongSilo: 'now',
    WrongTokenAccount: 'now',
    WrongVault: 'now',
    ZeroAmount: 'now',
};

/**
 * What the program's refusal means, from its code (6000 and above) and, for the argument at fault, from
 * what the transaction logged. `undefined` where the code is not one of the program's.
 */
export function explain(code: number, logs: readonly string[] = []): Explanation | undefined {
    const known = ERRORS.find(([number]) => number === code);
    if (known === undefined) {
        return undefined;
    }
    const [, name, message] = known;
    const begins = `Program log: ${name}: `;
    const named = logs.find((line) => line.startsWith(begins))?.slice(begins.length);
    const argument = named === undefined ? {} : { argument: named };
    return { code, name, message, remedy: REMEDIES[name], ...argument };
}

/**
 * As `explain`, for whatever a client threw (`@solana/kit`, `@solana/web3.js`, `@anchor-lang/core`): the
 * code and the logs are looked for in the error, its context and its causes. `undefined` where the logs
 * say that another program refused: most Anchor programs number their errors from 6000 too.
 */
export function explainError(
    error: unknown,
    program: Address = HOLDFAST_PROGRAM_ADDRESS,
): Explanation | undefined {
    let logs: readonly string[] = [];
    let code: number | undefined;
    for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
        const thrown = at as Thrown;
        code ??= codeOf(thrown);
        logs = [thrown.logs, thrown.context?.logs].find(Array.isArray) ?? logs;
        at = thrown.cause;
    }
    const refused = refusedBy(logs);
    const isOurs = refused === undefined || refused === program;
    return code === undefined || !isOurs ? undefined : explain(code, logs);
}

/** What is looked at in an error, whoever threw it. */
interface Thrown {
    message?: unknown;
    cause?: unknown;
    logs?: unknown;
    /** Of `@solana/kit`. */
    context?: { code?: unknown; logs?: unknown };
    /** Of `@anchor-lang/core`. */
    error?: { errorCode?: { number?: unknown } };
}

function codeOf({ message, context, error }: Thrown): number | undefined {
    const numbers = [context?.code, error?.errorCode?.number];
    return numbers.find((code) => typeof code === 'number') ?? codeIn(String(message));
}

/** The program that refused: where one called another, the inner one fails first. */
function refusedBy(logs: readonly string[]): string | undefined {
    const failed = logs.map((line) => /^Program (\w+) failed: /.exec(line)?.[1]);
    return failed.find((program) => program !== undefined);
}

/** The number in "custom program error: 0x1770" or "#6000". */
function codeIn(message: string): number | undefined {
    const [, hex, decimal] = /custom program error: (?:0x([0-9a-f]+)|#(\d+))/.exec(message) ?? [];
    if (hex !== undefined) {
        return Number.parseInt(hex, 16);
    }
    return decimal === undefined ? undefined : Number(decimal);
}
