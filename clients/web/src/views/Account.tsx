/** What an account is worth, what it has to keep, and money in and out. */

import { type MarginAccount, type Standing, getMatureProfitInstructionAsync } from '@holdfast/client';

import { usePage } from '../context.js';
import { inCalm, inStrain } from '../trade/estimate.js';
import type { TicketState } from '../trade/useTicket.js';
import { Act, Card, Empty, Figure, Line } from '../ui/parts.js';
import { amount, duration, number, percent, whole } from '../words/format.js';
import { Look } from './Look.js';
import { Exit, Money } from './Money.js';
import { Orders, Positions } from './Positions.js';

export function AccountView({ ticket }: { ticket: TicketState }) {
    const { account, standing, wallet, lookedAt, unit } = usePage();
    const none =
        wallet === undefined
            ? 'Connect a wallet to see its margin account.'
            : `This wallet has no margin account yet: your first deposit of ${unit} opens it.`;
    return (
        <div className="columns">
            <div className="column">
                {account !== undefined && standing !== undefined ? (
                    <>
                        <Worth account={account} standing={standing} />
                        <Outage account={account} />
                    </>
                ) : (
                    <Card title="Account">
                        <Empty>{lookedAt === undefined ? none : 'There is no margin account to see.'}</Empty>
                    </Card>
                )}
                <Positions fill={ticket.fill} />
                <Orders />
            </div>
            <div className="column narrow">
                {lookedAt === undefined && <Money />}
                <Exit />
                {account !== undefined && account.pendingProfit > 0n && <Profit account={account} />}
                <Look />
            </div>
        </div>
    );
}

/** The sum of what all positions count for, millionths. */
function exposure(account: MarginAccount, standing: Standing): number {
    return standing.positions.reduce(
        (sum, { market, price }) => sum + Math.abs(whole(account.positions[market]?.size ?? 0n)) * whole(price),
        0,
    );
}

function Worth({ account, standing }: { account: MarginAccount; standing: Standing }) {
    const { unit, nowMs } = usePage();
    const { equity, maintenance, initial, withdrawable } = standing;
    const leverage = equity > 0n ? exposure(account, standing) / whole(equity) : 0;
    const isFlagged = account.flaggedMs > 0n;
    return (
        <Card title="Account" aside={isFlagged && <span className="tag bad">flagged for liquidation</span>}>
            <dl className="figures">
                <Figure label="Equity" value={amount(equity, unit, 2)} note="collateral and results, less debt" />
                <Figure
                    label="Margin used"
                    value={amount(initial, unit, 2)}
                    note="initial margin of positions and orders"
                />
                <Figure label="Free" value={amount(withdrawable, unit, 2)} note="can be withdrawn" />
                <Figure
                    label="Leverage"
                    value={`${number(leverage, 1)} ×`}
                    note={`${amount(maintenance, unit, 2)} maintenance`}
                />
            </dl>
            <Meter equity={equity} initial={initial} maintenance={maintenance} />
            {isFlagged && (
                <p className="warning">
                    This account failed maintenance {duration(nowMs - Number(account.flaggedMs))} ago. Deposit{' '}
                    {amount(account.shortfall, unit)} to clear the flag, or close positions.
                </p>
            )}
            <dl className="lines">
                <Line label="Collateral">{amount(account.collateral, unit, 2)}</Line>
                <Line label="Pending profit" hint="backs positions, cannot be withdrawn yet">
                    {amount(account.pendingProfit, unit, 2)}
                </Line>
                <Line label="Debt">{amount(account.debt, unit, 2)}</Line>
                <Line label="Reserved by waiting orders">{amount(account.reservedMargin, unit, 2)}</Line>
            </dl>
        </Card>
    );
}

/** How much of the equity is spoken for. */
function Meter({ equity, initial, maintenance }: { equity: bigint; initial: bigint; maintenance: bigint }) {
    const of = (part: bigint) => (equity > 0n ? Math.min(1, whole(part) / whole(equity)) : part > 0n ? 1 : 0);
    const [kept, used] = [of(maintenance), of(initial)];
    const words = `Maintenance takes ${percent(kept, 0)} of the equity, initial margin ${percent(used, 0)}.`;
    return (
        <div className="meter-box">
            <div className="meter" role="img" aria-label={words}>
                <span className="meter-used" style={{ width: `${used * 100}%` }} />
                <span className="meter-kept" style={{ width: `${kept * 100}%` }} />
            </div>
            <p className="note">{words} At 100 % maintenance the account can be liquidated.</p>
        </div>
    );
}

/** What strain on the chain would ask: known before it happens. */
function Outage({ account }: { account: MarginAccount }) {
    const { risk, markets, chain, unit } = usePage();
    const [calm, strained] = [inCalm(chain), inStrain(chain)].map((at) => risk.standing(account, markets, at));
    const [asked, worth] = [strained?.initial ?? 0n, strained?.equity ?? 0n];
    const missing = asked > worth ? asked - worth : 0n;
    return (
        <Card title="In an outage">
            <p className="text">
                When the chain is strained, opening and withdrawing ask 1.5 × margin. Maintenance stays as it is: an
                outage alone liquidates nobody. Closing and adding margin work in every state.
            </p>
            <dl className="lines">
                <Line label="Initial margin while all is well">{amount(calm?.initial ?? 0n, unit, 2)}</Line>
                <Line label="Initial margin in strain">{amount(asked, unit, 2)}</Line>
                <Line label={missing > 0n ? 'Missing to open or withdraw then' : 'Free then'}>
                    <strong className={missing > 0n ? 'bad' : 'good'}>
                        {amount(missing > 0n ? missing : (strained?.withdrawable ?? 0n), unit, 2)}
                    </strong>
                </Line>
            </dl>
        </Card>
    );
}

/** Realised gains on their way to being collateral. */
function Profit({ account }: { account: MarginAccount }) {
    const { snapshot, chain, nowMs, unit, wallet, submit } = usePage();
    const left = Number(account.profitSinceMs + snapshot.silo.data.terms.maturityMs) - nowMs;
    const holdings = snapshot.holdings;
    const refused =
        chain.allows.MatureProfit === 'Refused' ? 'Profit does not mature in this state of the chain.' : undefined;
    const reason = left > 0 ? `It matures in ${duration(left)}.` : refused;
    const mature = () =>
        submit('Turn profit into collateral', async (authority) =>
            holdings === undefined
                ? []
                : [
                      await getMatureProfitInstructionAsync({
                          authority,
                          silo: snapshot.silo.address,
                          account: holdings.account,
                      }),
                  ],
        );
    return (
        <Card title="Pending profit">
            <p className="text">
                {amount(account.pendingProfit, unit, 2)} of realised profit. Keepers turn it into collateral when it has
                matured.
            </p>
            {wallet !== undefined && (
                <Act reason={reason} run={() => void mature()} kind="quiet">
                    Turn into collateral
                </Act>
            )}
        </Card>
    );
}
