/** The history as the page uses it: whether there is one that belongs to this venue, and answers that are kept fresh. */

import { useEffect, useState } from 'react';

import type { Settings } from '../venue/settings.js';
import type { Status } from './answers.js';
import { History } from './client.js';

/** How often what is shown is asked for again, milliseconds. */
const FRESH_MS = 20_000;
/** How soon a question is asked again that was not answered, milliseconds. */
const RETRY_MS = 10_000;

/** Whether there is a history, and what it says of itself. */
export type HistoryState =
    /** This page was told of none. */
    | { kind: 'none' }
    | { kind: 'searching' }
    /** It cannot be used, for a reason in a sentence. */
    | { kind: 'unusable'; reason: string }
    | { kind: 'found'; history: History; status: Status };

/** What became of a question. */
export type Asked<T> =
    | { kind: 'waiting' }
    | { kind: 'failed'; reason: string }
    /** With the reason why it is not fresh, where it is not. */
    | { kind: 'answered'; value: T; stale: string | undefined };

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Asks again and again, until it is stopped. */
function repeat<T>(
    question: (signal: AbortSignal) => Promise<T>,
    answered: (value: T) => void,
    failed: (reason: string) => void,
): () => void {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async (): Promise<void> => {
        let pause = FRESH_MS;
        try {
            const value = await question(ended.signal);
            if (!ended.signal.aborted) answered(value);
        } catch (error) {
            pause = RETRY_MS;
            if (!ended.signal.aborted) failed(sentence(error));
        }
        if (!ended.signal.aborted) timer = setTimeout(() => void ask(), pause);
    };
    void ask();
    return () => {
        ended.abort();
        clearTimeout(timer);
    };
}

/** Looks for the history that the settings name, and refuses one of another venue. */
export function useHistoryState({ history: base, deployment }: Settings): HistoryState {
    const number = deployment.silos[0]?.number ?? 0;
    const { genesis } = deployment;
    const [state, setState] = useState<HistoryState>(base === undefined ? { kind: 'none' } : { kind: 'searching' });
    useEffect(() => {
        if (base === undefined) {
            setState({ kind: 'none' });
            return undefined;
        }
        const history = new History(base);
        const refuse = (reason: string) => setState({ kind: 'unusable', reason });
        return repeat(
            (signal) => history.status(signal),
            (status) => {
                const reason = otherVenue(history, status, genesis, number);
                if (reason !== undefined) refuse(reason);
                else setState({ kind: 'found', history, status });
            },
            refuse,
        );
    }, [base, genesis, number]);
    return state;
}

function otherVenue({ host }: History, status: Status, genesis: string, number: number): string | undefined {
    if (status.genesis !== genesis) {
        return `The history at ${host} is of another cluster: it is not shown.`;
    }
    return status.silo === number
        ? undefined
        : `The history at ${host} is of silo ${status.silo}, and this page is of silo ${number}: it is not shown.`;
}

/** Why there is nothing of the history to see; `undefined` where there is something. */
export function missing(state: HistoryState): string | undefined {
    switch (state.kind) {
        case 'none':
            return 'This page was told of no history: the past is not shown. Everything else works without it.';
        case 'searching':
            return 'Looking for the history…';
        case 'unusable':
            return `${state.reason} Everything else works without it.`;
        case 'found':
            return undefined;
    }
}

interface Kept<T> {
    key: string;
    value: T | undefined;
    reason: string | undefined;
}

/** The answer to a question that has a name; it is asked again every so often. Nothing is asked without a name. */
export function useAsked<T>(
    state: HistoryState,
    key: string | undefined,
    question: (history: History, signal: AbortSignal) => Promise<T>,
): Asked<T> {
    const [kept, setKept] = useState<Kept<T>>();
    const history = state.kind === 'found' ? state.history : undefined;
    useEffect(() => {
        if (history === undefined || key === undefined) return undefined;
        return repeat(
            (signal) => question(history, signal),
            (value) => setKept({ key, value, reason: undefined }),
            (reason) =>
                setKept((now) => ({ key, value: now !== undefined && now.key === key ? now.value : undefined, reason })),
        );
        // A question with the same name is the same question.
    }, [history, key]);
    if (kept === undefined || kept.key !== key) return { kind: 'waiting' };
    if (kept.value !== undefined) return { kind: 'answered', value: kept.value, stale: kept.reason };
    return { kind: 'failed', reason: kept.reason ?? '' };
}
