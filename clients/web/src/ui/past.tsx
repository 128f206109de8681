/** Parts that show answers of the history: tables in pages, and a line where there is no answer. */

import { type ReactNode, useRef, useState } from 'react';

import { usePage } from '../context.js';
import type { Part } from '../history/answers.js';
import type { History } from '../history/client.js';
import { type Asked, useAsked } from '../history/useHistory.js';
import { Card, Empty } from './parts.js';

/** An answer; a line where there is none, or an old one. */
export function Answered<T>({ asked, children }: { asked: Asked<T>; children: (value: T) => ReactNode }) {
    switch (asked.kind) {
        case 'waiting':
            return <Empty>Asking the history…</Empty>;
        case 'failed':
            return <Empty>{asked.reason}</Empty>;
        case 'answered':
            return (
                <>
                    {asked.stale !== undefined && <p className="note">{asked.stale} What follows is from before.</p>}
                    {children(asked.value)}
                </>
            );
    }
}

/** A line of a table: its first cell names it. */
export interface Row {
    key: string;
    cells: readonly ReactNode[];
}

/** A table whose lines become cards on a phone. */
export function Rows({ label, heads, rows }: { label: string; heads: readonly string[]; rows: readonly Row[] }) {
    return (
        <div className="scroll" tabIndex={0} role="group" aria-label={label}>
            <table className="table stack">
                <thead>
                    <tr>
                        {heads.map((head) => (
                            <th key={head} scope="col">
                                {head}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.map(({ key, cells: [name, ...cells] }) => (
                        <tr key={key}>
                            <th scope="row" data-label={heads[0]}>
                                <span>{name}</span>
                            </th>
                            {cells.map((cell, at) => (
                                <td key={heads[at + 1]} data-label={heads[at + 1]}>
                                    <span>{cell}</span>
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

interface PagerProps {
    label: string;
    /** The page that is shown, from 1. */
    page: number;
    newer: (() => void) | undefined;
    older: (() => void) | undefined;
}

/** Two buttons; those that lead nowhere stay, so that the keyboard does not lose its place. */
export function Pager({ label, page, newer, older }: PagerProps) {
    const button = (text: string, run: (() => void) | undefined) => (
        <button
            type="button"
            className="button small quiet"
            aria-disabled={run === undefined}
            aria-label={`${text}: ${label}`}
            onClick={() => run?.()}
        >
            {text}
        </button>
    );
    return (
        <div className="pager" role="group" aria-label={`Pages of ${label}`}>
            {button('Newer', newer)}
            <span className="note" role="status">
                page {page}
            </span>
            {button('Older', older)}
        </div>
    );
}

interface ListedProps<T> {
    title: string;
    /** What is asked about, so that answers are told apart. */
    about: string;
    empty: string;
    heads: readonly string[];
    ask: (history: History, before: string | undefined, signal: AbortSignal) => Promise<Part<T>>;
    row: (item: T) => Row;
    className?: string;
}

/** A list of the history, page by page. */
export function Listed<T>({ title, about, empty, heads, ask, row, className = '' }: ListedProps<T>) {
    const { history } = usePage();
    const [befores, setBefores] = useState<string[]>([]);
    const before = befores.at(-1);
    const asked = useAsked(history, `${about} ${before ?? ''}`, (from, signal) => ask(from, before, signal));
    const next = asked.kind === 'answered' ? asked.value.next : undefined;
    const hasPages = useRef(false);
    hasPages.current ||= next !== undefined;
    return (
        <Card title={title} className={className}>
            <Answered asked={asked}>
                {({ items }) =>
                    items.length === 0 ? (
                        <Empty>{empty}</Empty>
                    ) : (
                        <Rows label={title} heads={heads} rows={items.map((item) => row(item))} />
                    )
                }
            </Answered>
            {hasPages.current && (
                <Pager
                    label={title}
                    page={befores.length + 1}
                    newer={before === undefined ? undefined : () => setBefores((all) => all.slice(0, -1))}
                    older={next === undefined ? undefined : () => setBefores((all) => [...all, next])}
                />
            )}
        </Card>
    );
}
