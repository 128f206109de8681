import { between, type Hook } from './hooks.js';
import type { Options, Slotstall } from './index.js';

export * from './index.js';

// Mocha puts its hooks here.
declare const before: Hook;
declare const after: Hook;

/** A cluster for the suite in which this is called: `const cluster = useSlotstall({ anchor: '.' })`. */
export function useSlotstall(options?: Options): () => Slotstall {
  return between(before, after, options);
}
