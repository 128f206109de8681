import { Slotstall, type Options } from './index.js';

/** Registers what a test runner runs before or after a suite. */
export type Hook = (run: () => Promise<void>) => void;

/**
 * A cluster for a suite; the function returned gives it. Under `slotstall -- COMMAND` it is the one
 * that runs already, and goes back afterwards to what it was; otherwise one is started and ended.
 */
export function between(before: Hook, after: Hook, options: Options = {}): () => Slotstall {
  let cluster: Slotstall | undefined;
  let leave: (() => Promise<unknown>) | undefined;
  before(async () => {
    if (process.env['SLOTSTALL_URL'] === undefined) {
      const started = await Slotstall.start(options);
      leave = () => started.stop();
      cluster = started;
    } else {
      const found = Slotstall.at();
      const snapshot = await found.snapshot();
      leave = () => found.revert(snapshot);
      await found.time(options.time ?? 'virtual');
      cluster = found;
    }
  });
  after(async () => {
    await leave?.();
  });
  return () => {
    if (cluster === undefined) throw new Error('the cluster is there in tests and hooks only');
    return cluster;
  };
}
