import assert from 'node:assert/strict';
import { useSlotstall } from 'slotstall/mocha';

describe('under mocha', () => {
  const cluster = useSlotstall();

  it('a cluster stalls', async () => {
    const before = await cluster().status();
    const after = await cluster().stall(45_000);
    assert.equal(after.slot, before.slot + 1);
    assert.equal(after.nowMs, before.nowMs + 45_000);
  });
});
