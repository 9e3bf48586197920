import assert from 'node:assert/strict';
import { HOME, nextSessionId, VISITED } from '@roamgrid/service-kit/testing';
import { missingLines } from '../operator/dispute-routes.ts';
import { HOUR_MS } from '../testing/settled.ts';
import { until } from '../testing/until.ts';
import { startWorld, type World } from '../testing/world.ts';

describe('disputes at an AAA node', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.close());

  it('demand a record whose time is over, once, and list it', async () => {
    const due = { vun: VISITED, hun: HOME, state: 'opened' as const, openedAtMs: 1, dueAtMs: Date.now() - 1 };
    const sessionId = nextSessionId();
    const early = nextSessionId();
    world.registry.missing.push(
      { ...due, sessionId },
      { ...due, sessionId: early, dueAtMs: Date.now() + HOUR_MS },
    );
    const listed = async () => {
      const { body } = await world.ask('operator', 'GET', '/operator/v1/missing-records?side=home');
      return missingLines.parse(body);
    };
    const { notEnded } = await until('the demand', async () => {
      const now = await listed();
      return now.demanded.length > 0 ? now : undefined;
    });
    assert.deepEqual(notEnded.map((each) => each.sessionId).sort(), [sessionId, early].sort());
    await world.restart();
    await until('another round', async () => (await listed()).demanded[0]);
    assert.deepEqual(world.registry.demanded, [sessionId]);
  });
});
