import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileEndStore, type EndStore } from '../ends/end-store.ts';
import { billBody, offerBody, startBody, type Answer, type Received } from '@roamgrid/station-kit/testing';
import { fileJournal, type JournalStore } from './journal.ts';
import { GatewayClient } from '@roamgrid/station-kit';
import { begin, chargeOnce, outletRig, shows, START_MS, usual } from './outlet.fixture.ts';

const sessionAt = (path: string): string => path.split('/').at(-2) ?? '';
const stopsIn = (received: readonly Received[]): string[] =>
  received.filter(({ path }) => path.endsWith('/stop')).map(({ path }) => sessionAt(path));
const problem = (status: number, code: string): Answer => ({
  status,
  body: { type: 'about:blank', title: code, status, code, detail: 'no' },
});

/** A gateway that numbers its sessions, and takes an end as `stop` says. */
const numbering =
  (stop: (sessionId: string, earlier: readonly Received[]) => Answer | undefined) =>
  (received: Received, earlier: readonly Received[]): Answer => {
    const swiped = earlier.filter(({ path }) => path.endsWith('/swipes')).length;
    const offer = { ...offerBody.quote, sessionId: `USDUK-USALP-g0-${swiped + 1}` };
    if (received.path.endsWith('/swipes')) return { status: 200, body: { ...offerBody, quote: offer } };
    if (received.path.endsWith('/sessions'))
      return { status: 201, body: { ...startBody('1000'), sessionId: `USDUK-USALP-g0-${swiped}` } };
    if (!received.path.endsWith('/stop')) return usual()(received);
    const sessionId = sessionAt(received.path);
    return stop(sessionId, earlier) ?? { status: 200, body: { ...billBody, sessionId } };
  };

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; !holds(); waitedMs += 5) {
    if (waitedMs > 15_000) throw new Error(`${what}: it did not come`);
    await sleep(5);
  }
}

describe('the end of a session', () => {
  let rig: ReturnType<typeof outletRig>;
  beforeEach(() => {
    rig = outletRig();
  });
  afterEach(() => rig.close());
  const ends = () => readdirSync(join(rig.folder, 'ends'));

  it('that cannot be brought waits on disk while the next driver is served, and the order is kept', async () => {
    let isDown = true;
    const { outlet, gateway } = await rig.with(
      numbering(() => (isDown ? { status: 503, body: {} } : undefined)),
    );
    assert.equal(await chargeOnce(outlet), undefined);
    assert.equal(outlet.state.screen, 'bill-later');
    assert.equal(outlet.state.ended.energyWh, 1_000n);
    assert.equal(await chargeOnce(outlet), undefined);
    assert.deepEqual(
      outlet.pendingEnds.map(({ sessionId }) => sessionId),
      ['USDUK-USALP-g0-1', 'USDUK-USALP-g0-2'],
    );
    assert.equal(ends().length, 2);
    assert.ok(!stopsIn(gateway.received).includes('USDUK-USALP-g0-2'), 'nothing overtakes the first');
    isDown = false;
    await shows(outlet, 'bill');
    assert.deepEqual(stopsIn(gateway.received).slice(-2), ['USDUK-USALP-g0-1', 'USDUK-USALP-g0-2']);
    assert.deepEqual([outlet.pendingEnds, ends()], [[], []]);
  });

  it('that is refused is kept with the reason, holds nobody up, and is told again', async () => {
    let isRefused = true;
    const { outlet, gateway } = await rig.with(
      numbering((sessionId) =>
        isRefused && sessionId.endsWith('-1') ? problem(422, 'METER_INVALID') : undefined,
      ),
    );
    await chargeOnce(outlet);
    assert.equal(outlet.state.screen, 'bill-later');
    assert.equal((await chargeOnce(outlet))?.sessionId, 'USDUK-USALP-g0-2');
    const [kept, ...others] = outlet.pendingEnds;
    assert.deepEqual(
      [kept?.sessionId, kept?.refusal?.code, others],
      ['USDUK-USALP-g0-1', 'METER_INVALID', []],
    );
    isRefused = false;
    await until('the end is taken', () => outlet.pendingEnds.length === 0);
    assert.equal(stopsIn(gateway.received).at(-1), 'USDUK-USALP-g0-1');
  });

  it('is delivered by the next start when the station was off meanwhile', async () => {
    let isDown = true;
    const { outlet, make, gateway } = await rig.with(
      numbering(() => (isDown ? { status: 503, body: {} } : undefined)),
    );
    await chargeOnce(outlet);
    await chargeOnce(outlet);
    outlet.close();
    isDown = false;
    const told = gateway.received.length;
    const next = make();
    await next.recover();
    await until('both are taken', () => next.pendingEnds.length === 0);
    assert.deepEqual(stopsIn(gateway.received.slice(told)), ['USDUK-USALP-g0-1', 'USDUK-USALP-g0-2']);
  });

  it('is told when nobody knows whether the gateway started the session, and forgotten where it did not', async () => {
    const { outlet, gateway } = await rig.with((received, earlier) => {
      if (received.path.endsWith('/sessions')) return 'drop-after-receiving';
      return numbering((sessionId) =>
        sessionId.endsWith('-1') ? problem(404, 'SESSION_UNKNOWN') : undefined,
      )(received, earlier);
    });
    for (const number of [1, 2]) {
      await begin(outlet);
      assert.equal(outlet.state.screen, 'refused');
      await until('it is settled', () => outlet.pendingEnds.length === 0);
      const last = gateway.received.at(-1);
      assert.equal(sessionAt(last?.path ?? ''), `USDUK-USALP-g0-${number}`);
      assert.equal(last?.body['endReason'], 'fault');
      outlet.done();
    }
  });

  it('that the disk spoiled is put aside for a person, and the others are delivered', async () => {
    const { outlet, make } = await rig.with(numbering(() => ({ status: 503, body: {} })));
    await chargeOnce(outlet);
    await chargeOnce(outlet);
    outlet.close();
    const [first = '', second = ''] = ends().sort();
    const path = join(rig.folder, 'ends', first);
    const whole = readFileSync(path);
    for (const length of [0, 1, 64, 65, 66, Math.floor(whole.length / 2), whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      assert.deepEqual(
        make().pendingEnds.map(({ sessionId }) => sessionId),
        ['USDUK-USALP-g0-2'],
        `${length} bytes`,
      );
      assert.deepEqual(ends().sort(), [`${first}.damaged`, second]);
    }
    const flipped = Buffer.from(whole);
    flipped[whole.length - 5] = (flipped[whole.length - 5] ?? 0) ^ 1;
    writeFileSync(path, flipped);
    assert.equal(make().pendingEnds.length, 1);
    writeFileSync(path, whole);
    writeFileSync(join(rig.folder, 'ends', '0000000009.end.new'), whole.subarray(0, 99));
    assert.equal(make().pendingEnds.length, 2);
  });

  /** The power fails at the given write, before it or after it; from then on nothing is written and nobody is asked. */
  function failing(at: number, isBefore: boolean) {
    let writes = 0;
    let isDead = false;
    const write = <T>(run: () => T): T => {
      if (isDead) throw new Error('there is no power');
      writes += 1;
      if (writes === at) isDead = true;
      if (writes === at && isBefore) throw new Error('the power failed');
      const done = run();
      if (isDead) throw new Error('the power failed');
      return done;
    };
    const journal = (store: JournalStore): JournalStore => ({
      load: () => store.load(),
      save: (content) => write(() => store.save(content)),
    });
    const queue = (store: EndStore): EndStore => ({
      load: () => store.load(),
      add: (end) => write(() => store.add(end)),
      drop: (number) => write(() => store.drop(number)),
    });
    class MortalClient extends GatewayClient {
      readonly #orNever = <T>(asked: () => Promise<T>) =>
        isDead ? new Promise<T>(() => undefined) : asked();
      override start(...given: Parameters<GatewayClient['start']>) {
        return this.#orNever(() => super.start(...given));
      }
      override stop(...given: Parameters<GatewayClient['stop']>) {
        return this.#orNever(() => super.stop(...given));
      }
    }
    return { journal, queue, MortalClient, isDead: () => isDead, writes: () => writes };
  }

  it('survives a power cut at every write of a session, before it and after it: nothing is lost or left open', async () => {
    let cuts = 0;
    for (let at = 1; ; at += 1) {
      let isOver = false;
      for (const isBefore of [true, false]) {
        const own = outletRig();
        try {
          const { make, gateway } = await own.with(
            numbering((_sessionId, earlier) =>
              earlier.some(({ path }) => path.endsWith('/sessions'))
                ? undefined
                : problem(404, 'SESSION_UNKNOWN'),
            ),
          );
          const power = failing(at, isBefore);
          const first = make({
            journal: power.journal(fileJournal(join(own.folder, 'outlet.journal'))),
            ends: power.queue(fileEndStore(join(own.folder, 'ends'))),
            gateway: new power.MortalClient(gateway.url, own.identity),
          });
          const session = begin(first).then(({ ended }) => ended);
          const settled = session.then(
            () => undefined,
            () => undefined,
          );
          await Promise.race([settled, until('the power is gone', power.isDead).then(() => sleep(20))]);
          isOver = !power.isDead();
          first.close();
          const before = gateway.received.length;
          const next = make();
          await next.recover();
          await until('everything is delivered', () => next.pendingEnds.length === 0);
          const opened = gateway.received.filter(({ path }) => path.endsWith('/sessions')).length;
          const closed = new Set(stopsIn(gateway.received)).size;
          assert.ok(opened <= closed, `cut ${isBefore ? 'before' : 'after'} write ${at}: left open`);
          const told = gateway.received.slice(before).filter(({ path }) => path.endsWith('/stop'));
          const statements = new Set(told.map(({ body }) => body['signedEnd']));
          assert.ok(statements.size <= 1, 'one session, one end');
          cuts += isOver ? 0 : 1;
        } finally {
          own.close();
        }
      }
      if (isOver) break;
    }
    assert.ok(cuts >= 10, `only ${cuts} cuts`);
  }).timeout(60_000);

  it('lies before the begin of the next one, though the clock is set back between them and over a restart', async () => {
    const local = {
      now: START_MS,
      nowMs: () => local.now,
      sleep: async (ms: number) => {
        local.now += ms;
        await sleep(1);
      },
    };
    const { outlet, make, gateway } = await rig.with(
      numbering(() => undefined),
      { outlet: { clock: local } },
    );
    await chargeOnce(outlet);
    local.now -= 120_000;
    outlet.done();
    await chargeOnce(outlet);
    outlet.close();
    local.now -= 120_000;
    await chargeOnce(make());
    const spans = gateway.received.flatMap(({ path, body }) => {
      if (path.endsWith('/sessions')) return [(body['start'] as { atMs: number }).atMs];
      return path.endsWith('/stop') ? [(body['readings'] as { atMs: number }[]).at(-1)?.atMs ?? 0] : [];
    });
    assert.equal(spans.length, 6);
    assert.deepEqual(
      spans,
      [...spans].sort((a, b) => a - b),
    );
    for (const at of [0, 2, 4]) assert.ok((spans[at + 1] ?? 0) - (spans[at] ?? 0) > 10_000);
  });

  it('and its begin are dated by the clock as the gateway corrected it, however far ahead the station woke up', async () => {
    const local = {
      now: START_MS + 240_000,
      nowMs: () => local.now,
      sleep: async (ms: number) => {
        local.now += ms;
        await sleep(1);
      },
    };
    const usualAnswer = numbering(() => undefined);
    const { outlet, gateway } = await rig.with(
      (received, earlier) => {
        if (received.path.endsWith('/swipes')) local.now = START_MS;
        return usualAnswer(received, earlier);
      },
      { outlet: { clock: local } },
    );
    await chargeOnce(outlet);
    const { start } = (gateway.received.find(({ path }) => path.endsWith('/sessions'))?.body ?? {}) as {
      start?: { atMs: number };
    };
    assert.ok((start?.atMs ?? Infinity) < START_MS + 60_000);
  });
});
