/** What the page is told of the venue it is for: `venue.json` beside it. Nothing in it is believed unseen. */

import { HOLDFAST_PROGRAM_ADDRESS, findExchangePda, findMarketPda, findSiloPda } from '@holdfast/client';
import { type Address, isAddress } from '@solana/kit';

import { historyAddress } from '../history/client.js';

/** A deployment, as `holdfast-migrate` writes it to a manifest. */
export interface Deployment {
    genesis: string;
    program: string;
    exchange: string;
    silos: { number: number; address: string; mint: string; markets: { index: number; address: string }[] }[];
}

/** The whole of `venue.json`. */
export interface Settings {
    /** Endpoints, the first preferred. */
    rpc: string[];
    /** Where the first endpoint has its WebSocket. */
    webSocket?: string;
    /** Gives SOL and collateral on a local cluster. */
    faucet?: string;
    /** Where the history is served, if anywhere: an address that ends in a slash. */
    history?: string;
    /** What a unit of collateral is called. */
    collateral: string;
    deployment: Deployment;
}

/** Why the page does not go on, and what can be done. */
export class Unusable extends Error {
    constructor(
        message: string,
        readonly advice: string,
    ) {
        super(message);
    }
}

const FILE = 'venue.json';
/** By this header a history that serves the page itself says where its data is. */
const BESIDE = 'holdfast-history';
const WRITE = 'Whoever put this page here has to correct it: docs/page.md says what belongs in it.';
/** What a unit is called where nobody says: the mint says no name. */
const UNNAMED = 'tokens';

/**
 * Reads and checks what can be checked without the chain.
 *
 * @throws Unusable
 */
export async function loadSettings(): Promise<Settings> {
    const answer = await fetch(FILE, { cache: 'no-store' }).catch(() => undefined);
    if (answer?.ok !== true) {
        throw new Unusable(`There is no ${FILE} beside this page.`, WRITE);
    }
    const read: unknown = await answer.json().catch(() => undefined);
    const settings = parsed(read, answer.headers.get(BESIDE));
    await checkAddresses(settings.deployment);
    return settings;
}

function parsed(read: unknown, beside: string | null): Settings {
    const { rpc, webSocket, faucet, history, collateral, deployment } = (read ?? {}) as Record<string, unknown>;
    const endpoints = (Array.isArray(rpc) ? rpc : [rpc]).filter(isEndpoint);
    if (endpoints.length === 0) {
        throw new Unusable(`${FILE} names no endpoint: "rpc" has to be an http or https address.`, WRITE);
    }
    if (!isDeployment(deployment)) {
        throw new Unusable(`${FILE} has no "deployment" as holdfast-migrate writes it.`, WRITE);
    }
    const past = historyAddress(history ?? beside, document.baseURI);
    return {
        rpc: endpoints,
        ...(typeof webSocket === 'string' ? { webSocket } : {}),
        ...(typeof faucet === 'string' ? { faucet } : {}),
        ...(past === undefined ? {} : { history: past }),
        collateral: typeof collateral === 'string' && /^\w{1,12}$/.test(collateral) ? collateral : UNNAMED,
        deployment,
    };
}

/** Whether text is the address of an endpoint. */
export function isEndpoint(text: unknown): text is string {
    return typeof text === 'string' && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isDeployment(read: unknown): read is Deployment {
    const found = (read ?? {}) as Partial<Deployment>;
    const texts = [found.genesis, found.program, found.exchange];
    return texts.every((text) => typeof text === 'string') && Array.isArray(found.silos) && found.silos.length > 0;
}

/** Every address but the mint's follows from the program: one that does not is somebody else's. */
async function checkAddresses(deployment: Deployment): Promise<void> {
    const { program, exchange, silos } = deployment;
    same('program', program, HOLDFAST_PROGRAM_ADDRESS);
    same('exchange', exchange, (await findExchangePda())[0]);
    for (const { number, address, mint, markets } of silos) {
        const [silo] = await findSiloPda({ number });
        same(`silo ${number}`, address, silo);
        if (!isAddress(mint)) {
            throw refused(`the mint of silo ${number} is no address`);
        }
        for (const { index, address: market } of markets) {
            same(`market ${index} of silo ${number}`, market, (await findMarketPda({ silo, index }))[0]);
        }
    }
}

function same(what: string, named: string, ours: Address): void {
    if (named !== ours) {
        throw refused(`it names ${named} as the ${what}, and this page is made for ${ours}`);
    }
}

function refused(reason: string): Unusable {
    return new Unusable(
        `The deployment in ${FILE} is refused: ${reason}.`,
        'Do not use this copy of the page. Nothing was sent, and no wallet was asked.',
    );
}

/** Where an endpoint has its WebSocket, as validators do: one port up, or the same address. */
export function webSocketOf(rpc: string): string {
    const url = new URL(rpc);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (url.port !== '') {
        url.port = String(Number(url.port) + 1);
    }
    return url.href;
}
