/** The real history of a venue that stalls, and the built page served by it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist', import.meta.url));
const BINARY = process.env['HOLDFAST_BIN'] ?? `${ROOT}target/debug/holdfast`;
/** How often a test looks, milliseconds: less often than a history turns away. */
const LOOK_MS = 200;

/** `holdfast history run` with a page. */
export class ServedHistory {
    private constructor(
        private readonly process: ChildProcess,
        private readonly home: string,
        readonly url: string,
        /** What it said of itself; its end is shown where it ended. */
        private readonly said: string[],
    ) {}

    /** Reads the cluster of an endpoint, and serves the page with a `venue.json`. */
    static async start(rpc: string, venue: object): Promise<ServedHistory> {
        const home = await mkdtemp(join(tmpdir(), 'holdfast-page-'));
        const page = join(home, 'page');
        await cp(BUILT, page, { recursive: true });
        await writeFile(join(page, 'venue.json'), JSON.stringify(venue));
        const listen = `127.0.0.1:${await freePort()}`;
        const where = ['--database', join(home, 'history.sqlite'), '--listen', listen, '--page', page];
        // Settings come from variables too, and those of this process are for others.
        const env = { PATH: process.env['PATH'] ?? '', HOME: home };
        const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'];
        const started = spawn(BINARY, ['--rpc', rpc, 'history', 'run', ...where], { cwd: home, env, stdio });
        const said: string[] = [];
        started.on('error', (error) => said.push(error.message));
        for (const stream of [started.stdout, started.stderr]) {
            stream.on('data', (text: Buffer) => said.push(text.toString()));
        }
        return new ServedHistory(started, home, `http://${listen}/`, said);
    }

    async stop(): Promise<void> {
        if (this.process.exitCode === null && this.process.kill()) await once(this.process, 'exit');
        await rm(this.home, { recursive: true, force: true });
    }

    /** What a path answers, once that is as wanted. */
    async until<T>(path: string, wanted: (answer: T) => boolean): Promise<T> {
        for (;;) {
            if (this.process.exitCode !== null || this.process.pid === undefined) {
                throw new Error(`the history has ended: ${this.said.join('').slice(-2_000)}`);
            }
            const answer = await fetch(`${this.url}${path}`).catch(() => undefined);
            const read = answer?.ok === true ? ((await answer.json()) as T) : undefined;
            if (read !== undefined && wanted(read)) return read;
            await pause(LOOK_MS);
        }
    }
}

async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
}
