import assert from 'node:assert/strict';
import type { StatedScope } from '@roamgrid/wire';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import {
  AGREEMENT_ID,
  by,
  call,
  DAY_MS,
  EVSE_ID,
  groundwork,
  HOUR_MS,
  NOW_MS,
  sealedTerms,
  STATION_ID,
  tariffJson,
  termsOf,
} from '../../testing/parties.ts';

/** Every agreed limit of a tariff, at its last admitted micro or millisecond and one beyond, whichever party publishes. */

const { noticeMs } = termsOf();

/** A tariff that a party publishes and binds: its prices, lowest and highest, and when it starts and ends. */
interface Bound {
  readonly id?: string;
  readonly version?: number;
  readonly price: number;
  readonly appliesTo?: StatedScope;
  readonly startsInMs: number;
  readonly lastsMs?: number;
  /** When it is published and bound; at the usual time when left out. */
  readonly atMs?: number;
}

type Publisher = 'USDUK' | 'USALP';

/** The ledger before anybody bound a tariff under the agreement. */
const withoutTariffs = async (): Promise<MemoryLedger> => {
  const ledger = new MemoryLedger();
  for (const step of groundwork()) {
    if (!step.verb.startsWith('tariff.')) await ledger.submit(call(step));
  }
  return ledger;
};

/** Publishes and binds; which limit the contract names, `ok` when none. */
const bind = async (ledger: MemoryLedger, publisher: Publisher, bound: Bound): Promise<string> => {
  const { id = 'one', version = 1, price, startsInMs, lastsMs = 30 * DAY_MS, atMs = NOW_MS } = bound;
  const { appliesTo } = bound;
  const caller = by(publisher, 'operator');
  const validFromMs = atMs + startsInMs;
  const tariff = {
    tariffId: `${publisher}-${id}`,
    version,
    utilityId: publisher,
    ...(appliesTo && { appliesTo }),
    tariffJson: tariffJson(price),
    validFromMs,
    validUntilMs: validFromMs + lastsMs,
  };
  await ledger.submit(call({ caller, verb: 'tariff.publish', command: { tariff }, nowMs: atMs }));
  const told = call({
    caller,
    verb: 'tariff.bind',
    command: { agreementId: AGREEMENT_ID, tariffId: tariff.tariffId, tariffVersion: version },
    transient: { terms: sealedTerms().text },
    nowMs: atMs,
  });
  return ledger.submit(told).then(
    () => 'ok',
    (error: unknown) => {
      const limit = /OUTSIDE_AGREEMENT: ([A-Z_]+):/.exec(String(error))?.[1];
      if (limit === undefined) throw error;
      return limit;
    },
  );
};

/** What the contract says to the last of some bindings; the ones before it must be taken. */
const lastOf = async (publisher: Publisher, bounds: readonly Bound[]): Promise<string> => {
  const ledger = await withoutTariffs();
  for (const bound of bounds.slice(0, -1)) assert.equal(await bind(ledger, publisher, bound), 'ok');
  const last = bounds.at(-1);
  assert.ok(last);
  return bind(ledger, publisher, last);
};

const BEFORE: Bound = { price: 0.3, startsInMs: 0 };

for (const publisher of ['USDUK', 'USALP'] as const) {
  describe(`the agreed limits of a tariff that ${publisher} publishes`, () => {
    const first: readonly (readonly [code: string, price: number])[] = [
      ['ok', 0.1],
      ['UNDER_FLOOR', 0.099999],
      ['ok', 0.6],
      ['OVER_CEILING', 0.600001],
    ];
    for (const [code, price] of first) {
      it(`the very first one at ${price}, at once: ${code}`, async () => {
        assert.equal(await lastOf(publisher, [{ price, startsInMs: 0 }]), code);
      });
    }
    const later: readonly (readonly [code: string, price: number, startsInMs: number])[] = [
      ['ok', 0.4, noticeMs],
      ['STEP_TOO_BIG', 0.400001, noticeMs],
      ['ok', 0.2, noticeMs],
      ['STEP_TOO_BIG', 0.199999, noticeMs],
      ['NOTICE_TOO_SHORT', 0.3, noticeMs - 1],
      ['NOTICE_TOO_SHORT', 0.3, 0],
    ];
    for (const [code, price, startsInMs] of later) {
      for (const [what, of] of [
        ['the next version', { version: 2 }],
        ['a new tariff id', { id: 'two' }],
      ] as const) {
        it(`${what}, from 0.30 to ${price} in ${startsInMs / 3_600_000} h: ${code}`, async () => {
          assert.equal(await lastOf(publisher, [BEFORE, { ...of, price, startsInMs }]), code);
        });
      }
    }
  });
}

describe('a step cannot be taken apart or hidden', () => {
  const next = { startsInMs: noticeMs };
  const cases: readonly (readonly [what: string, code: string, bounds: readonly Bound[]])[] = [
    [
      'two steps that start together, each under its own id',
      'STEP_TOO_BIG',
      [BEFORE, { id: 'two', price: 0.4, ...next }, { id: 'three', price: 0.5, ...next }],
    ],
    [
      'a step up and one down that start together',
      'STEP_TOO_BIG',
      [BEFORE, { id: 'two', price: 0.4, ...next }, { id: 'three', price: 0.2, ...next }],
    ],
    [
      'two steps one after the other',
      'ok',
      [
        BEFORE,
        { id: 'two', price: 0.4, ...next },
        { id: 'three', price: 0.5, startsInMs: noticeMs + HOUR_MS },
      ],
    ],
    [
      'one put before a dear one that waits',
      'STEP_TOO_BIG',
      [
        BEFORE,
        { id: 'two', price: 0.4, startsInMs: noticeMs + DAY_MS },
        { id: 'three', price: 0.2, ...next },
      ],
    ],
    [
      'two steps that start together, one of them for an outlet alone',
      'STEP_TOO_BIG',
      [
        BEFORE,
        { id: 'two', price: 0.4, ...next, appliesTo: { stationId: STATION_ID } },
        { id: 'three', price: 0.5, ...next, appliesTo: { evseId: EVSE_ID } },
      ],
    ],
    [
      'a first one for a station, at once',
      'NOTICE_TOO_SHORT',
      [BEFORE, { id: 'two', price: 0.3, startsInMs: 0, appliesTo: { stationId: STATION_ID } }],
    ],
    [
      'a step at a station and one at another place',
      'ok',
      [
        BEFORE,
        { id: 'two', price: 0.4, ...next, appliesTo: { stationId: STATION_ID } },
        { id: 'three', price: 0.2, ...next, appliesTo: { placeId: 'port' } },
      ],
    ],
    [
      'a first one that runs out soon, then another at once',
      'NOTICE_TOO_SHORT',
      [
        { ...BEFORE, lastsMs: HOUR_MS },
        { id: 'two', price: 0.3, startsInMs: 0, atMs: NOW_MS + 2 * HOUR_MS },
      ],
    ],
    [
      'a first one that runs out soon, then a dear one',
      'STEP_TOO_BIG',
      [
        { ...BEFORE, lastsMs: HOUR_MS },
        { id: 'two', price: 0.5, ...next, atMs: NOW_MS + 2 * HOUR_MS },
      ],
    ],
  ];
  for (const [what, code, bounds] of cases) {
    it(`${what}: ${code}`, async () => {
      assert.equal(await lastOf('USDUK', bounds), code);
    });
  }

  it('one party’s tariffs say nothing about the other’s', async () => {
    const ledger = await withoutTariffs();
    assert.equal(await bind(ledger, 'USDUK', { price: 0.3, startsInMs: 0 }), 'ok');
    assert.equal(await bind(ledger, 'USALP', { price: 0.6, startsInMs: 0 }), 'ok');
  });

  it('bindings from before the course was kept count as well', async () => {
    const ledger = await withoutTariffs();
    assert.equal(await bind(ledger, 'USDUK', BEFORE), 'ok');
    assert.equal(await bind(ledger, 'USALP', { price: 0.6, startsInMs: 0 }), 'ok');
    assert.ok(ledger.state.delete(`priceCourse:${AGREEMENT_ID}:USDUK`));
    assert.equal(await bind(ledger, 'USDUK', { id: 'two', price: 0.5, ...next }), 'STEP_TOO_BIG');
    assert.equal(await bind(ledger, 'USDUK', { id: 'three', price: 0.4, startsInMs: 0 }), 'NOTICE_TOO_SHORT');
    assert.equal(await bind(ledger, 'USDUK', { id: 'four', price: 0.4, ...next }), 'ok');
  });

  it('reads as much with a hundred bindings behind as with one', async () => {
    const ledger = await withoutTariffs();
    assert.equal(await bind(ledger, 'USDUK', BEFORE), 'ok');
    for (let day = 0; day < 100; day += 1) {
      const bound = { id: `day-${day}`, price: 0.3 + (day % 2) / 20, startsInMs: noticeMs };
      assert.equal(await bind(ledger, 'USDUK', { ...bound, atMs: NOW_MS + day * DAY_MS }), 'ok');
    }
    const course = ledger.state.get(`priceCourse:${AGREEMENT_ID}:USDUK`) ?? '{}';
    const { version, points } = JSON.parse(course) as { version: number; points: unknown[] };
    // The one before, the one that starts at this instant, and the one to come.
    assert.deepEqual([version, points.length], [101, 3]);
  });
});
