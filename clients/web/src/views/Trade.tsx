/** Markets, the ticket, and what one has. */

import { Suspense, lazy } from 'react';

import { usePage } from '../context.js';
import type { TicketState } from '../trade/useTicket.js';
import { Markets } from './Markets.js';
import { Orders, Positions } from './Positions.js';
import { Ticket } from './Ticket.js';

/** Drawing takes more code than all the rest: it comes afterwards. */
const Chart = lazy(() => import('./Chart.js').then(({ Chart: chart }) => ({ default: chart })));

export function Trade({ ticket }: { ticket: TicketState }) {
    const { snapshot } = usePage();
    const { index, choose, fill } = ticket;
    const market = snapshot.silo.markets[index];
    return (
        <div className="trade">
            <div className="trade-left">
                <Markets chosen={index} choose={choose} />
                <Suspense fallback={<div className="card chart-card" />}>
                    {market !== undefined && <Chart market={market.data} address={market.address} />}
                </Suspense>
                <Positions fill={fill} />
                <Orders />
            </div>
            <Ticket ticket={ticket} />
        </div>
    );
}
