import assert from 'node:assert/strict';
import { energySignals, signalTaken, type SignalOutcome } from '@roamgrid/wire';
import { freshKey, NOW, startStage, type Stage } from '../stage/stage.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SIGNALS = '/operator/v1/sites/s1/signals';

describe('signals that a house is told by its operator', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async () => {
    stage = await startStage({ nodes: [{ nodeId: 'site', kind: 'connection' }], loads: [] });
  });
  after(() => stage.close());

  const event = (version: number, more: object = {}) => ({
    ...{ kind: 'dr-event', version, startMs: NOW, endMs: NOW + HOUR_MS, capW: '3000' },
    ...more,
  });
  const put = (id: string, body: object) => stage.ask('PUT', `${SIGNALS}/${id}`, body);
  const outcome = async (id: string, body: object): Promise<SignalOutcome> => {
    const answer = await put(id, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return signalTaken.parse(answer.body).outcome;
  };
  const refusal = async (id: string, body: object): Promise<unknown> => {
    const answer = await put(id, body);
    return [answer.status, (answer.body as { code: string }).code];
  };
  const all = async () => {
    const answer = await stage.ask('GET', SIGNALS);
    return energySignals.parse(answer.body).signals;
  };

  it('keeps each version once, the highest holds, and a start anew forgets none', async () => {
    let heard = 0;
    const stop = stage.controller.signals.get('s1')?.onChange(() => (heard += 1));
    assert.equal(await outcome('e-1', event(1)), 'taken');
    assert.equal(await outcome('e-1', event(1)), 'known');
    assert.equal(await outcome('e-1', event(3, { capW: '2000' })), 'taken');
    assert.equal(await outcome('e-1', event(2)), 'older');
    assert.equal(heard, 2);
    stop?.();
    assert.equal(await outcome('e-1', event(4, { isCancelled: true })), 'taken');
    assert.equal(heard, 2);
    await stage.startAnew();
    assert.equal(await outcome('e-1', event(3, { capW: '2000' })), 'older');
    assert.deepEqual(await all(), [
      {
        ...{ kind: 'dr-event', signalId: 'e-1', version: 4, by: 'operator', isCancelled: true },
        ...{ startMs: NOW, endMs: NOW + HOUR_MS, capW: 3_000n },
      },
    ]);
  });

  it('refuses another content under one version, and what says nothing or runs backwards', async () => {
    assert.deepEqual(await refusal('e-1', event(4)), [409, 'SIGNAL_CONFLICT']);
    assert.deepEqual(await refusal('e-2', { ...event(1), capW: undefined }), [400, 'INVALID_REQUEST']);
    assert.deepEqual(await refusal('e-2', event(1, { endMs: NOW })), [400, 'INVALID_REQUEST']);
    const hour = (at: number, startMs = NOW + at * HOUR_MS) => ({
      ...{ startMs, endMs: startMs + HOUR_MS, priceMicrosPerKWh: '-20000' },
    });
    assert.deepEqual(await refusal('p-1', { kind: 'price', version: 1, intervals: [hour(0), hour(0.5)] }), [
      400,
      'INVALID_REQUEST',
    ]);
    assert.equal(await outcome('p-1', { kind: 'price', version: 1, intervals: [hour(0), hour(2)] }), 'taken');
    const unknown = await stage.ask('PUT', '/operator/v1/sites/s2/signals/e-1', event(1));
    assert.equal(unknown.status, 404);
    const stranger = await stage.ask('PUT', `${SIGNALS}/e-3`, event(1), freshKey('stranger-1'));
    assert.equal(stranger.status, 401);
  });

  it('tells the one last that was told last, also after a start anew', async () => {
    const temperature = (version: number, milliC: number) => ({
      ...{ kind: 'temperature', version, atMs: NOW, milliC },
    });
    const ids = async () =>
      (await all()).flatMap(({ kind, signalId }) => (kind === 'temperature' ? [signalId] : []));
    for (const [id, version] of [
      ['t-a', 1],
      ['t-b', 1],
      ['t-a', 2],
    ] as const)
      assert.equal(await outcome(id, temperature(version, -1_000 * version)), 'taken');
    assert.deepEqual(await ids(), ['t-b', 't-a']);
    await stage.startAnew();
    assert.deepEqual(await ids(), ['t-b', 't-a']);
  });

  it('shows what is not over, and forgets what has been over for a day', async () => {
    const until = NOW + 2 * HOUR_MS;
    assert.equal(await outcome('e-5', event(1, { endMs: until })), 'taken');
    assert.equal(await outcome('e-5', event(2)), 'taken');
    assert.equal(
      await outcome('t-1', { kind: 'temperature', version: 1, atMs: NOW, milliC: -7_500 }),
      'taken',
    );
    stage.pass(HOUR_MS);
    assert.deepEqual(
      (await all()).map(({ signalId }) => signalId),
      ['p-1'],
    );
    // An earlier version of it would have held until then.
    stage.pass(DAY_MS);
    const later = { startMs: stage.nowMs(), endMs: stage.nowMs() + HOUR_MS };
    assert.equal(await outcome('e-6', event(1, later)), 'taken');
    assert.equal(await outcome('e-5', event(1, { endMs: until })), 'older');
    stage.pass(2 * HOUR_MS);
    assert.equal(await outcome('e-6', event(2, later)), 'taken');
    assert.equal(await outcome('e-1', event(1, { endMs: until })), 'taken');
  });
});
