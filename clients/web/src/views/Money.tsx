/** Collateral in and out, and the queue that is open in every state. */

import {
    fetchingInstructions,
    getCancelExitInstruction,
    getDepositInstructionAsync,
    getOpenMarginAccountInstructionAsync,
    getPayExitInstructionAsync,
    getRequestExitInstructionAsync,
    getWithdrawInstructionAsync,
    openIndices,
} from '@holdfast/client';
import { useState } from 'react';

import { type Page, usePage } from '../context.js';
import { creates, tokenAccountOf } from '../send/tokens.js';
import { typed } from '../trade/draft.js';
import { Act, Card, Choice, Field, Line } from '../ui/parts.js';
import { amount, duration, moment, percent, whole } from '../words/format.js';

type Way = 'in' | 'out';
const WAYS = [
    ['in', 'Deposit'],
    ['out', 'Withdraw'],
] as const;
/** After this long an exit is paid in full, whatever the state of the chain, milliseconds. */
const LONGEST_EXIT_MS = 86_400_000;

export function Money() {
    const page = usePage();
    const { unit, snapshot, account } = page;
    const [way, setWay] = useState<Way>('in');
    const [text, setText] = useState('');
    const { value = 0n, error } = typed(text, 'The amount');
    const most = way === 'in' ? (snapshot.holdings?.tokens ?? 0n) : available(page);
    const queued = way === 'out' && leavesByQueue(page);
    const reason = error === undefined ? refusal(page, way, value, most) : error;
    const run = () =>
        void (way === 'in' ? deposit(page, value) : queued ? requestExit(page, value) : withdraw(page, value)).then(
            () => setText(''),
        );
    return (
        <Card title="Money">
            <Choice label="Way" value={way} options={WAYS} onChange={setWay} />
            <Field
                label="Amount"
                unit={unit}
                value={text}
                error={error}
                onChange={setText}
                action={{ text: `at most ${amount(most, unit)}`, run: () => setText(String(whole(most))) }}
            />
            {queued && (
                <p className="text note">
                    In this state of the chain it goes through the queue: a tenth of what is left each hour, all of it
                    after a day.
                </p>
            )}
            <Act reason={reason} run={run}>
                {way === 'in'
                    ? account === undefined
                        ? 'Open an account and deposit'
                        : 'Deposit'
                    : queued
                      ? 'Ask for an exit'
                      : 'Withdraw'}
            </Act>
        </Card>
    );
}

/** Whether the account has no positions and no orders; profit may still mature. */
function isFlat({ account }: Page): boolean {
    return account !== undefined && account.openMarkets === 0 && account.orders.every(({ number }) => number === 0n);
}

/** Whether nothing but collateral is in the account. */
function isIdle(page: Page): boolean {
    return isFlat(page) && page.account?.pendingProfit === 0n;
}

function leavesByQueue(page: Page): boolean {
    const { WithdrawIdle, WithdrawFree } = page.chain.allows;
    return (isIdle(page) && WithdrawIdle === 'Queued') || (isFlat(page) && WithdrawFree === 'Refused');
}

function available(page: Page): bigint {
    const { account, standing } = page;
    if (account === undefined || standing === undefined) return 0n;
    return isIdle(page) || leavesByQueue(page) ? account.collateral : standing.withdrawable;
}

function refusal(page: Page, way: Way, value: bigint, most: bigint): string | undefined {
    const { wallet, account, pulse, chain, unit } = page;
    if (wallet === undefined) return 'Connect a wallet first.';
    if (pulse.kind === 'silent') return 'The endpoint does not answer: nothing can be sent through it.';
    if (value === 0n) return 'Write an amount.';
    if (way === 'in') return value > most ? `The wallet holds ${amount(most, unit)}.` : undefined;
    if (account === undefined) return 'There is no margin account to withdraw from.';
    if (!isFlat(page) && chain.allows.WithdrawFree === 'Refused') {
        return 'Beside positions and orders nothing leaves in this state of the chain. An account without them can ask for an exit.';
    }
    if (leavesByQueue(page) && account.exitAmount > 0n) return 'An exit waits already: cancel it to ask for another.';
    if (pulse.kind === 'stands') return 'Withdrawing waits until the chain goes on.';
    return value > most ? `At most ${amount(most, unit)} can leave now.` : undefined;
}

async function deposit({ snapshot, account, submit, unit }: Page, value: bigint): Promise<void> {
    const { silo, holdings } = snapshot;
    if (holdings === undefined) return;
    await submit(`Deposit ${amount(value, unit)}`, async (authority) => {
        const open = { payer: authority, owner: authority, silo: silo.address, number: 0 };
        const first = account === undefined ? [await getOpenMarginAccountInstructionAsync(open)] : [];
        const source = await tokenAccountOf(authority.address, silo.data.mint);
        return [
            ...first,
            await getDepositInstructionAsync({
                authority,
                source,
                silo: silo.address,
                account: holdings.account,
                amount: value,
            }),
        ];
    });
}

async function withdraw({ snapshot, account, submit, unit }: Page, value: bigint): Promise<void> {
    const { silo, holdings } = snapshot;
    if (holdings === undefined || account === undefined) return;
    const markets = openIndices(account).flatMap((index) => silo.markets[index]?.address ?? []);
    await submit(`Withdraw ${amount(value, unit)}`, async (owner) => {
        const destination = await tokenAccountOf(owner.address, silo.data.mint);
        const out = { owner, silo: silo.address, account: holdings.account, destination, amount: value, markets };
        return [
            await creates(owner, silo.data.mint),
            ...(await fetchingInstructions(silo, value)),
            await getWithdrawInstructionAsync(out),
        ];
    });
}

async function requestExit({ snapshot, submit, unit }: Page, value: bigint): Promise<void> {
    const { silo, holdings } = snapshot;
    if (holdings === undefined) return;
    await submit(`Ask for an exit of ${amount(value, unit)}`, async (owner) => {
        const destination = await tokenAccountOf(owner.address, silo.data.mint);
        const ask = { owner, silo: silo.address, account: holdings.account, destination, amount: value };
        return [await creates(owner, silo.data.mint), await getRequestExitInstructionAsync(ask)];
    });
}

/** An exit that waits, and how far it is. */
export function Exit() {
    const { account, snapshot, risk, chain, nowMs, unit, wallet, submit } = usePage();
    const { silo, holdings } = snapshot;
    if (account === undefined || holdings === undefined || account.exitAmount === 0n) return null;
    const { exitAsked, exitAmount, exitMs, exitTo } = account;
    const payable = risk.exitPayable(account, { ...chain, nowMs: BigInt(Math.round(nowMs)) });
    const paid = exitAsked - exitAmount;
    const end = Number(exitMs) + LONGEST_EXIT_MS;
    const pay = () =>
        submit('Pay what the exit is due', async () => [
            ...(await fetchingInstructions(silo, payable)),
            await getPayExitInstructionAsync({ silo: silo.address, account: holdings.account, destination: exitTo }),
        ]);
    const cancel = () =>
        submit('Cancel the exit', async (owner) => [getCancelExitInstruction({ owner, account: holdings.account })]);
    return (
        <Card title="Exit in the queue">
            <progress
                max={1}
                value={whole(paid) / whole(exitAsked)}
                aria-label={`${percent(whole(paid) / whole(exitAsked), 0)} of the exit is paid`}
            />
            <dl className="lines">
                <Line label="Asked for">{amount(exitAsked, unit, 2)}</Line>
                <Line label="Paid">{amount(paid, unit, 2)}</Line>
                <Line label="Due now">{amount(payable, unit, 2)}</Line>
                <Line
                    label="All of it"
                    hint={
                        payable === exitAmount
                            ? 'this state of the chain pays at once'
                            : 'or sooner, when the chain is trusted again'
                    }
                >
                    {payable === exitAmount ? 'now' : `by ${moment(end)}, in ${duration(end - nowMs)}`}
                </Line>
            </dl>
            {wallet !== undefined && (
                <div className="buttons">
                    <Act reason={payable === 0n ? 'Nothing is due yet.' : undefined} run={() => void pay()}>
                        Pay {amount(payable, unit, 2)}
                    </Act>
                    <Act kind="quiet" run={() => void cancel()}>
                        Cancel the exit
                    </Act>
                </div>
            )}
        </Card>
    );
}
