/** What was sent from this page, the newest first. */

import type { Instruction, Rpc, SolanaRpcApi, TransactionSigner } from '@solana/kit';
import { useCallback, useState } from 'react';

import { type Progress, land } from './send.js';

/** Entries kept. */
const KEPT = 20;
/** How long one that landed is shown, milliseconds: what it did is on the page. */
const GONE_AFTER_MS = 12_000;

/** A transaction and how far it has come. */
export interface Activity {
    id: number;
    title: string;
    startedAt: number;
    progress: Progress;
}

let newest = 0;

/** Sends, and keeps what became of it. */
export function useActivity() {
    const [activity, setActivity] = useState<Activity[]>([]);
    const dismiss = useCallback((id: number) => setActivity((all) => all.filter((entry) => entry.id !== id)), []);
    const send = useCallback(
        async (
            rpc: Rpc<SolanaRpcApi>,
            signer: TransactionSigner,
            title: string,
            build: (signer: TransactionSigner) => Promise<Instruction[]>,
        ): Promise<Progress> => {
            newest += 1;
            const id = newest;
            const first: Activity = { id, title, startedAt: Date.now(), progress: { kind: 'preparing' } };
            setActivity((before) => [first, ...before].slice(0, KEPT));
            const tell = (progress: Progress) =>
                setActivity((all) => all.map((entry) => (entry.id === id ? { ...entry, progress } : entry)));
            try {
                const end = await land(rpc, signer, await build(signer), tell);
                if (end.kind === 'landed') setTimeout(() => dismiss(id), GONE_AFTER_MS);
                return end;
            } catch (error) {
                const reason = error instanceof Error ? error.message : String(error);
                tell({ kind: 'refused', reason });
                return { kind: 'refused', reason };
            }
        },
        [dismiss],
    );
    return { activity, send, dismiss };
}
