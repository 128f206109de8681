import { Slotstall, type Options } from './index.js';

/** Registers what a test runner runs before or after a suite. */
export type Hook = (run: () => Promise<void>) => void;

/** Starts a cluster before a suite and ends it after; the function returned gives the cluster. */
export function between(before: Hook, after: Hook, options?: Options): () => Slotstall {
  let cluster: Slotstall | undefined;
  before(async () => {
    cluster = await Slotstall.start(options);
  });
  after(async () => {
    await cluster?.stop();
  });
  return () => {
    if (cluster === undefined) throw new Error('the cluster is there in tests and hooks only');
    return cluster;
  };
}
