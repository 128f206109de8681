/** Which cluster an endpoint shows. */

import { type Rpc, type SolanaRpcApi, createSolanaRpc } from '@solana/kit';

import { type Settings, Unusable } from './settings.js';

/** Clusters that everybody shares, by their genesis hash. */
const PUBLIC: Record<string, string> = {
    '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d': 'mainnet',
    EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG: 'devnet',
    '4uhcVJyU9pJkvQyUS88uRZVQiuWTv7ruqbpWmeNPzGCg': 'testnet',
};
/** Where a cluster of one's own answers. */
const LOCAL_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];
/** An endpoint that has not answered by then is dead, milliseconds. */
const PATIENCE_MS = 6_000;

/** The cluster that an endpoint was found on. */
export interface Cluster {
    rpc: Rpc<SolanaRpcApi>;
    endpoint: string;
    genesis: string;
    /** `mainnet`, `devnet`, `testnet`, or `localnet` for any other. */
    name: string;
}

/**
 * Asks the endpoints in their order which cluster they show, and takes the first that shows the deployment's.
 *
 * @throws Unusable when none answers, or one shows another cluster.
 */
export async function findCluster({ rpc: endpoints, deployment }: Settings): Promise<Cluster> {
    for (const endpoint of endpoints) {
        const rpc = createSolanaRpc(endpoint);
        const genesis: string | undefined = await ask((signal) => rpc.getGenesisHash().send({ abortSignal: signal }));
        if (genesis === undefined) {
            continue;
        }
        if (genesis !== deployment.genesis) {
            throw new Unusable(
                `${hostOf(endpoint)} shows another cluster: its genesis hash is ${genesis}, ` +
                    `and the deployment in venue.json is on ${deployment.genesis}.`,
                'Choose an endpoint of that cluster. Nothing was sent.',
            );
        }
        return { rpc, endpoint, genesis, name: PUBLIC[genesis] ?? 'localnet' };
    }
    const [only, ...others] = endpoints.map(hostOf);
    const who = others.length === 0 ? `The endpoint ${only} does` : `The endpoints ${[only, ...others].join(', ')} do`;
    throw new Unusable(
        `${who} not answer. Whether the chain is all right, this page cannot know.`,
        'It asks again every few seconds. Check your connection, or choose another endpoint.',
    );
}

/** What a question is answered with in time; `undefined` where it is not. */
export async function ask<T>(question: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    return question(AbortSignal.timeout(PATIENCE_MS)).catch(() => undefined);
}

/** An address without what may be a key in it. */
export function hostOf(endpoint: string): string {
    return new URL(endpoint).host;
}

/** Why a keypair made in this browser may not be used here; `undefined` where it may. */
export function localWalletRefusal({ genesis, endpoint }: Pick<Cluster, 'genesis' | 'endpoint'>): string | undefined {
    const shared = PUBLIC[genesis];
    if (shared !== undefined) {
        return `A wallet kept in the browser is for a cluster of your own; this is ${shared}.`;
    }
    if (!LOCAL_HOSTS.includes(new URL(endpoint).hostname)) {
        return `A wallet kept in the browser is for a cluster on this machine; ${hostOf(endpoint)} is another.`;
    }
    return undefined;
}
