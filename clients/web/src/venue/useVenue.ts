/** The venue as the chain shows it now, read again and again. */

import { type Chain, Risk, type Venue, findMarginAccountPda, loadVenue } from '@holdfast/client';
import { type Address, createSolanaRpcSubscriptions } from '@solana/kit';
import { useCallback, useEffect, useRef, useState } from 'react';

import { type Cluster, ask, findCluster } from './cluster.js';
import { type Pulse, type Seen, pulseOf, withAnswer } from './pulse.js';
import { type Settings, Unusable, loadSettings, webSocketOf } from './settings.js';
import { type Snapshot, type Who, readSnapshot } from './snapshot.js';

/** How often everything is read, milliseconds; sooner after something was heard. */
const POLL_MS = 2_000;
/** How often a page that cannot go on tries again, milliseconds. */
const RETRY_MS = 5_000;
/** How often what depends on the time alone is drawn again, milliseconds. */
const TICK_MS = 500;
/** How far ahead of this endpoint another one has to be to be taken instead, slots. */
const AHEAD = 20n;

/** What is there once the venue was found. */
export interface Live {
    settings: Settings;
    cluster: Cluster;
    risk: Risk;
    snapshot: Snapshot;
    chain: Chain;
    pulse: Pulse;
    /** The venue's clock now, milliseconds: it goes on between two reads, and stands with the chain. */
    nowMs: number;
    /** Reads everything again at once. */
    refresh: () => void;
}

export type VenueState =
    { kind: 'searching' } | { kind: 'unusable'; reason: Unusable; retry: () => void } | { kind: 'live'; live: Live };

interface Found {
    settings: Settings;
    cluster: Cluster;
    risk: Risk;
    venue: Venue;
}

interface Read {
    snapshot: Snapshot;
    at: number;
}

/** Follows the venue for somebody, or for nobody, through an endpoint of the visitor's own if there is one. */
export function useVenue(who: Who | undefined, endpoint: string | undefined): VenueState {
    const [found, setFound] = useState<Found | Unusable>();
    const [attempt, setAttempt] = useState(0);
    const [read, setRead] = useState<Read>();
    const [seen, setSeen] = useState<Seen>();
    const [now, setNow] = useState(() => performance.now());
    const retry = useCallback(() => setAttempt((before) => before + 1), []);
    const look = useRef(() => {});

    useEffect(() => {
        let left = false;
        const keep = (result: Found | Unusable) => {
            if (!left) setFound(result);
        };
        find(endpoint).then(keep, (reason: unknown) => keep(unusable(reason)));
        return () => {
            left = true;
        };
    }, [endpoint, attempt]);

    useEffect(() => {
        if (!(found instanceof Unusable)) return undefined;
        const timer = setTimeout(retry, RETRY_MS);
        return () => clearTimeout(timer);
    }, [found, retry]);

    useEffect(() => {
        if (found === undefined || found instanceof Unusable) return undefined;
        const onSlot = (slot: bigint) => setSeen((before) => withAnswer(before, slot, performance.now()));
        const onRead = (snapshot: Snapshot) => {
            setRead({ snapshot, at: performance.now() });
            onSlot(snapshot.slot);
            // A market was listed: its address is not known yet.
            if (snapshot.silo.data.marketCount > snapshot.silo.markets.length) retry();
        };
        const following = follow(found, who, onSlot, onRead);
        look.current = following.look;
        return following.stop;
    }, [found, who?.kind, who?.address, retry]);

    useEffect(() => {
        const timer = setInterval(() => setNow(performance.now()), TICK_MS);
        return () => clearInterval(timer);
    }, []);

    const pulse = seen === undefined ? undefined : pulseOf(seen, Math.max(now, seen.slotAt));
    useEffect(() => {
        if (pulse?.kind !== 'stands' || found === undefined || found instanceof Unusable) return;
        void better(found, seen?.slot ?? 0n).then((other) => {
            if (other !== undefined) setFound({ ...found, cluster: other });
        });
    }, [pulse?.kind, found]);

    if (found instanceof Unusable) {
        return { kind: 'unusable', reason: found, retry };
    }
    if (found === undefined || read === undefined || pulse === undefined) {
        return { kind: 'searching' };
    }
    const { settings, cluster, risk } = found;
    // What was read before somebody else was chosen is not theirs.
    const isTheirs = read.snapshot.holdings?.asked === who?.address;
    const snapshot = isTheirs ? read.snapshot : { ...read.snapshot, holdings: undefined };
    const chain = risk.chainState(snapshot.health, snapshot.facts, snapshot.silo.data);
    const passed = pulse.kind === 'goes' ? Math.max(0, now - read.at) : 0;
    const nowMs = Number(chain.nowMs) + passed;
    const refresh = () => look.current();
    return { kind: 'live', live: { settings, cluster, risk, snapshot, chain, pulse, nowMs, refresh } };
}

async function find(endpoint: string | undefined): Promise<Found> {
    const told = await loadSettings();
    const { webSocket: _, ...others } = told;
    const settings = endpoint === undefined ? told : { ...others, rpc: [endpoint, ...told.rpc] };
    const [cluster, risk] = await Promise.all([findCluster(settings), Risk.load()]);
    const venue = await loadVenue(cluster.rpc, { commitment: 'confirmed' });
    return { settings, cluster, risk, venue };
}

function unusable(reason: unknown): Unusable {
    if (reason instanceof Unusable) {
        return reason;
    }
    const said = reason instanceof Error ? reason.message : String(reason);
    return new Unusable(`The venue cannot be read: ${said}.`, 'It is tried again every few seconds.');
}

/** Another endpoint of the same cluster that is clearly ahead of one whose slots stand. */
async function better({ settings, cluster }: Found, slot: bigint): Promise<Cluster | undefined> {
    const others = settings.rpc.filter((endpoint) => endpoint !== cluster.endpoint);
    for (const endpoint of others) {
        const other = await findCluster({ ...settings, rpc: [endpoint] }).catch(() => undefined);
        const theirs = await ask(async (signal) => other?.rpc.getSlot().send({ abortSignal: signal }));
        if (other !== undefined && theirs !== undefined && theirs > slot + AHEAD) {
            return other;
        }
    }
    return undefined;
}

/** Reads every two seconds, and when the endpoint tells that something of the venue's has changed. */
function follow(
    { settings, cluster, venue }: Found,
    who: Who | undefined,
    onSlot: (slot: bigint) => void,
    onRead: (snapshot: Snapshot) => void,
): { look: () => void; stop: () => void } {
    const ended = new AbortController();
    let [reading, again] = [false, false];
    let { changeCount } = venue.exchange.data;
    const number = settings.deployment.silos[0]?.number ?? 0;
    const look = async (): Promise<void> => {
        if (reading) {
            again = true;
            return;
        }
        reading = true;
        const snapshot = await ask((signal) =>
            readSnapshot(cluster.rpc, venue, { number, changeCount, who }, signal),
        );
        reading = false;
        if (snapshot !== undefined && !ended.signal.aborted) {
            changeCount = snapshot.exchange.changeCount;
            onRead(snapshot);
        }
        if (again) {
            again = false;
            await look();
        }
    };
    const timer = setInterval(() => void look(), POLL_MS);
    void look();
    const first = cluster.endpoint === settings.rpc[0] ? settings.webSocket : undefined;
    const url = first ?? webSocketOf(cluster.endpoint);
    void watched(venue, number, who).then((accounts) =>
        listen(url, accounts, onSlot, () => void look(), ended.signal),
    );
    const stop = () => {
        clearInterval(timer);
        ended.abort();
    };
    return { look: () => void look(), stop };
}

/** Accounts whose changes are read at once: the chain's health, and what a wallet trades with. */
async function watched(venue: Venue, number: number, who: Who | undefined): Promise<Address[]> {
    const silo = venue.silos.find(({ data }) => data.number === number);
    const health = venue.chainHealth.address;
    if (who === undefined || silo === undefined) return [health];
    if (who.kind === 'looked-at') return [health, who.address];
    const [account] = await findMarginAccountPda({ silo: silo.address, owner: who.address, number: 0 });
    return [health, account];
}

/** What the endpoint tells by itself. Where its WebSocket cannot be reached, reading goes on without it. */
async function listen(
    url: string,
    accounts: Address[],
    onSlot: (slot: bigint) => void,
    onChange: () => void,
    abortSignal: AbortSignal,
): Promise<void> {
    const subscriptions = createSolanaRpcSubscriptions(url);
    const hears = async <T>(subscribe: () => Promise<AsyncIterable<T>>, told: (notice: T) => void) => {
        try {
            for await (const notice of await subscribe()) told(notice);
        } catch {
            // Reading every two seconds has it too.
        }
    };
    const slots = subscriptions.slotNotifications();
    const changes = accounts.map((account) =>
        subscriptions.accountNotifications(account, { commitment: 'confirmed', encoding: 'base64' }),
    );
    await Promise.all([
        hears(
            () => slots.subscribe({ abortSignal }),
            ({ slot }) => onSlot(slot),
        ),
        ...changes.map((change) => hears(() => change.subscribe({ abortSignal }), onChange)),
    ]);
}
