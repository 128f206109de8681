/** Any file server: the built page, `venue.json` beside it, and a faucet. */

import { readFile } from 'node:fs/promises';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Address } from '@solana/kit';

const BUILT = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES: Record<string, string> = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
};

export class PageServer {
    /** What `venue.json` says; a test may change it. */
    settings: object = {};
    /** Where it says the history is, as one does that serves the page itself. */
    beside: string | undefined;

    private constructor(
        private readonly server: Server,
        private readonly give: (to: Address) => Promise<void>,
    ) {}

    /** Serves on a free port. */
    static async start(give: (to: Address) => Promise<void>): Promise<PageServer> {
        const server = createServer((request, response) => void served.answer(request, response));
        const served = new PageServer(server, give);
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return served;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    }

    stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }

    private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const path = new URL(request.url ?? '/', this.url).pathname;
        if (path === '/venue.json') {
            if (this.beside !== undefined) response.setHeader('holdfast-history', this.beside);
            response.setHeader('content-type', 'application/json').end(JSON.stringify(this.settings));
        } else if (path === '/faucet') {
            await this.faucet(request, response);
        } else {
            const file = path === '/' ? 'index.html' : path.slice(1);
            const read = await readFile(join(BUILT, file)).catch(() => undefined);
            response.statusCode = read === undefined ? 404 : 200;
            response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream').end(read);
        }
    }

    private async faucet(request: IncomingMessage, response: ServerResponse): Promise<void> {
        let body = '';
        for await (const part of request) body += String(part);
        await this.give((JSON.parse(body) as { address: Address }).address);
        response.end();
    }
}
