/** What an account did and what it came to, as the history tells it. */

import { openIndices } from '@holdfast/client';
import type { Address } from '@solana/kit';
import { useState } from 'react';

import { usePage } from '../context.js';
import { type Fill, type Flow, LINES, type PastPosition, type Status } from '../history/answers.js';
import type { History } from '../history/client.js';
import { missing, useAsked } from '../history/useHistory.js';
import { resultOf } from '../trade/estimate.js';
import type { Holdings } from '../venue/snapshot.js';
import { Answered, Listed, Pager, type Row, Rows } from '../ui/past.js';
import { Card, Empty, Figure, Line } from '../ui/parts.js';
import { amount, brief, price, signed, size } from '../words/format.js';
import { FLOWS, did, held, marketName, results, when } from '../words/past.js';
import { Look } from './Look.js';

const FILL_HEADS = [
    'When',
    'What',
    'Price',
    'Position after',
    'Result',
    'Funding, borrow',
    'Fee, penalty',
    'Transaction',
];
const FLOW_HEADS = ['When', 'What', 'Amount', 'Transaction'];
const POSITION_HEADS = [
    'Market',
    'Opened',
    'Closed',
    'Largest',
    'By price',
    'Funding, borrow',
    'Fees, penalties',
    'Net',
];

export function HistoryView() {
    const { history, snapshot } = usePage();
    const line = missing(history);
    const account = snapshot.holdings?.account;
    return (
        <div className="columns">
            <div className="column">
                {line !== undefined || account === undefined ? (
                    <Card title="History">
                        <Empty>{line ?? 'Connect a wallet, or look at an account, to see what it did.'}</Empty>
                    </Card>
                ) : (
                    <Past key={account} account={account} />
                )}
            </div>
            <div className="column narrow">
                {history.kind === 'found' && (
                    <Source history={history.history} status={history.status} holdings={snapshot.holdings} />
                )}
                <Look />
            </div>
        </div>
    );
}

function Past({ account }: { account: Address }) {
    const row = useRows();
    return (
        <>
            <Positions account={account} />
            <Listed
                title="Fills"
                about={`fills ${account}`}
                empty="No trade, liquidation or settlement of this account is known."
                heads={FILL_HEADS}
                ask={(history, before, signal) => history.fills(account, before, signal)}
                row={row.fill}
            />
            <Listed
                title="Money in and out"
                about={`flows ${account}`}
                empty="No deposit and no withdrawal of this account is known."
                heads={FLOW_HEADS}
                ask={(history, before, signal) => history.flows(account, before, signal)}
                row={row.flow}
            />
        </>
    );
}

/** A transaction by the ends of its signature. */
const transaction = (signature: string) => <code title={signature}>{brief(signature)}</code>;
const tone = (value: bigint) => (value < 0n ? 'bad' : value > 0n ? 'good' : '');

/** Lines of the tables, in the venue's units. */
function useRows() {
    const { markets, unit } = usePage();
    const money = (value: bigint) => <span className={tone(value)}>{signed(value, unit)}</span>;
    const fill = (of: Fill): Row => {
        const base = marketName(markets, of.market);
        const penalty = of.reward + of.to_insurance;
        return {
            key: of.cursor,
            cells: [
                when(of.time_s, of.slot),
                did(of, base),
                price(of.price, unit),
                held(of.position, base),
                <>
                    {money(of.realised)}
                    {of.bad_debt > 0n && <small className="note below">{amount(of.bad_debt, unit)} not paid</small>}
                </>,
                of.carry === undefined ? 'not known' : money(-of.carry),
                money(-(of.fee + penalty)),
                transaction(of.signature),
            ],
        };
    };
    const flow = ({ cursor, time_s, slot, kind, fields, signature }: Flow): Row => ({
        key: cursor,
        cells: [
            when(time_s, slot),
            FLOWS[kind],
            money(kind === 'Deposited' ? fields.amount : -fields.amount),
            transaction(signature),
        ],
    });
    const position = (of: PastPosition, at: number): Row => {
        const base = marketName(markets, of.market);
        const way = of.side > 0 ? 'long' : of.side < 0 ? 'short' : 'side not known';
        return {
            key: String(at),
            cells: [
                <>
                    {base} <span className={`tag ${of.side < 0 ? 'bad' : 'good'}`}>{way}</span>
                </>,
                of.opened_s === undefined ? 'not known' : when(of.opened_s, 0),
                of.closed_by === undefined ? 'open' : of.closed_s === undefined ? 'not known' : when(of.closed_s, 0),
                size(of.largest, base),
                money(of.realised),
                money(-of.carry),
                money(-(of.fees + of.penalties)),
                money(of.net),
            ],
        };
    };
    return { fill, flow, position };
}

/** What each position came to, and all of them together. */
function Positions({ account }: { account: Address }) {
    const { history } = usePage();
    const [page, setPage] = useState(0);
    const row = useRows();
    const asked = useAsked(history, `positions ${account}`, (from, signal) => from.positions(account, signal));
    const title = 'Profit and loss by position';
    return (
        <>
            <Card title="Profit and loss">
                <Answered asked={asked}>{(positions) => <Sums positions={positions} />}</Answered>
            </Card>
            <Card title={title}>
                <Answered asked={asked}>
                    {(positions) => {
                        const shown = positions.slice(page * LINES, (page + 1) * LINES);
                        const more = positions.length > (page + 1) * LINES;
                        return positions.length === 0 ? (
                            <Empty>No position of this account is known.</Empty>
                        ) : (
                            <>
                                <Rows
                                    label={title}
                                    heads={POSITION_HEADS}
                                    rows={shown.map((position, at) => row.position(position, page * LINES + at))}
                                />
                                {(page > 0 || more) && (
                                    <Pager
                                        label={title}
                                        page={page + 1}
                                        newer={page === 0 ? undefined : () => setPage(page - 1)}
                                        older={more ? () => setPage(page + 1) : undefined}
                                    />
                                )}
                            </>
                        );
                    }}
                </Answered>
            </Card>
        </>
    );
}

function Sums({ positions }: { positions: PastPosition[] }) {
    const { account, risk, markets, chain, unit } = usePage();
    const { byPrice, carry, fees, penalties, net } = results(positions);
    const indices = account === undefined ? [] : openIndices(account);
    const open =
        account === undefined
            ? 0n
            : indices.reduce((sum, index) => sum + resultOf(risk, account, markets, index, chain), 0n);
    const figure = (label: string, value: bigint, note: string) => (
        <Figure label={label} value={signed(value, unit)} note={note} tone={tone(value)} />
    );
    return (
        <dl className="figures">
            {figure('In total', net + open, 'realised and open')}
            {figure('Realised', net, 'after all that follows')}
            {figure('Open now', open, 'of open positions, from the chain')}
            {figure('By price', byPrice, 'of what was closed')}
            {figure('Funding and borrow', carry, 'received, less paid')}
            {figure('Fees and penalties', fees + penalties, 'for trades and liquidations')}
        </dl>
    );
}

interface SourceProps {
    history: History;
    status: Status;
    holdings: Holdings | undefined;
}

/** Who tells all this, how far it reaches, and the tables to take away. */
function Source({ history, status, holdings }: SourceProps) {
    const slot = (number: number) => `slot ${number.toLocaleString('en-US')}`;
    const { reconciliation: compared } = status;
    const agrees =
        compared === undefined
            ? 'not yet'
            : compared.off.length === 0
              ? `agrees at ${slot(compared.slot)}`
              : `${compared.off.length} sums differ at ${slot(compared.slot)}`;
    const file = (to: string, text: string) => (
        <p className="text">
            <a href={to} target="_blank" rel="noopener noreferrer" download>
                {text}
            </a>
        </p>
    );
    return (
        <Card title="Where this comes from">
            <dl className="lines">
                <Line label="History at">{history.host}</Line>
                <Line label="Reaches back to">
                    {status.whole ? 'the beginning of the exchange' : slot(status.first_slot)}
                </Line>
                <Line label="Newest">{slot(status.last_slot)}</Line>
                <Line label="Nothing missing up to">
                    {status.complete_to === undefined ? 'not known yet' : slot(status.complete_to)}
                </Line>
                <Line label="Compared with the accounts">{agrees}</Line>
            </dl>
            {holdings !== undefined && (
                <>
                    {file(history.taxesOfAccount(holdings.account), 'Table for taxes of this account (CSV)')}
                    {file(history.taxesOfOwner(holdings.owner), 'Of all accounts of its wallet, and the pools (CSV)')}
                </>
            )}
        </Card>
    );
}
