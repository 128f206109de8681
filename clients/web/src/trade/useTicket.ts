/** The ticket's market and draft: kept while one looks at other views. */

import { useState } from 'react';

import { type Draft, FRESH } from './draft.js';

/** What fills and reads the ticket. */
export interface TicketState {
    index: number;
    draft: Draft;
    choose: (index: number) => void;
    change: (changed: Partial<Draft>) => void;
    /** Begins another order, in a market. */
    fill: (index: number, changed: Partial<Draft>) => void;
    /** An order landed: an empty ticket again, unless another one has been begun. */
    done: (order: Draft) => void;
}

export function useTicket(onFill: () => void): TicketState {
    const [index, choose] = useState(0);
    const [draft, setDraft] = useState<Draft>(FRESH);
    const change = (changed: Partial<Draft>) => setDraft((before) => ({ ...before, ...changed }));
    const fill = (at: number, changed: Partial<Draft>) => {
        choose(at);
        setDraft({ ...FRESH, ...changed });
        onFill();
    };
    const done = (order: Draft) => setDraft((now) => (now === order ? { ...FRESH, side: order.side } : now));
    return { index, draft, choose, change, fill, done };
}
