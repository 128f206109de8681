import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

/** Paths are relative, so that the built files work in any folder of any file server. */
export default defineConfig({
    base: './',
    resolve: {
        // The client as its sources are, so that the page is never built from an older copy.
        alias: { '@holdfast/client': fileURLToPath(new URL('../ts/src/index.ts', import.meta.url)) },
    },
    build: { target: 'es2022', assetsInlineLimit: 0 },
    test: {
        include: ['tests/**/*.test.ts'],
        poolOptions: { forks: { maxForks: 2 } },
        testTimeout: 120_000,
        hookTimeout: 120_000,
    },
});
