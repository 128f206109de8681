import { afterAll, beforeAll } from 'vitest';
import { between } from './hooks.js';
import type { Options, Slotstall } from './index.js';

export * from './index.js';

/** A cluster for the suite in which this is called: `const cluster = useSlotstall({ anchor: '.' })`. */
export function useSlotstall(options?: Options): () => Slotstall {
  return between(beforeAll, afterAll, options);
}
