import assert from 'node:assert/strict';
import type { JsonObject } from '../../json.ts';
import { nodePrimitives } from '../../node/primitives.ts';
import { hashOf } from '../../session/verify.ts';
import { text } from '../../shape.ts';
import { Book } from '../testing/book.ts';
import { HouseDays } from './flexibility.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Midnight of Wednesday, 18 March 2026, five hours behind UTC. */
const DAY = Date.UTC(2026, 2, 18, 5);
const PAIR = { agreementId: 'a1', vun: 'USDUK', hun: 'USALP' };
const TERMS = {
  currency: 'USD',
  flexibility: {
    ...{ reductionMicrosPerKWh: '200000', v2gMicrosPerKWh: '250000', exportMicrosPerKWh: '100000' },
    ...{ method: 'ten-in-ten', adjustmentCapPpm: '200000', dayOffsetMinutes: -300, holidays: [] },
  },
};
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
};
const canonical = (value: unknown): string => JSON.stringify(sorted(value));

/** By Wh taken and given in each quarter-hour. */
type Load = (slot: number) => readonly [taken: number, given: number];
const USUAL: Load = () => [250, 0];
const ANSWERED: Load = (slot) => {
  if (slot === 40) return [0, 600];
  if (slot >= 72 && slot < 76) return [50, 0];
  return slot >= 76 && slot < 80 ? [0, 1_050] : [250, 0];
};

const LINES: readonly JsonObject[] = [
  {
    ...{ line: 'DR', eventId: 'e1', days: 10, baselineWh: '2000', takenWh: '200' },
    ...{ adjustmentPpm: '1000000', energyWh: '1800', micros: '360000' },
  },
  { line: 'V2G', eventId: 'e1', energyWh: '4200', micros: '1050000' },
  { line: 'EXPORT', energyWh: '600', micros: '60000' },
];

interface Options {
  readonly lines?: readonly JsonObject[];
  readonly total?: string;
  readonly recordedAtMs?: number;
  readonly terms?: object;
  readonly load?: Load;
  readonly usual?: Load;
  /** Days whose bodies are not given. */
  readonly purged?: readonly number[];
}

/** What the auditor works out of a day by its records and bodies. */
const judged = ({
  lines = LINES,
  total = '1470000',
  recordedAtMs = DAY + HOUR_MS,
  terms = TERMS,
  load = ANSWERED,
  usual = USUAL,
  purged = [],
}: Options = {}) => {
  const bodies = new Map<string, string>();
  const records: Record<string, JsonObject> = {};
  const put = (key: string, record: JsonObject, body: object): void => {
    const told = canonical(body);
    const bodyHash = hashOf(nodePrimitives, told);
    records[key] = { ...record, bodyHash };
    bodies.set(bodyHash, told);
  };
  const day = (dayMs: number, of: Load): void => {
    const importMilliWh = ['0'];
    const exportMilliWh = ['0'];
    let [into, out] = [0, 0];
    for (let slot = 0; slot < 96; slot += 1) {
      const [taken, given] = of(slot);
      importMilliWh.push(((into += taken) * 1_000).toString());
      exportMilliWh.push(((out += given) * 1_000).toString());
    }
    const record = { ...PAIR, houseId: 'h1', dayMs, recordedAtMs };
    put(`flexDay:h1:${dayMs}`, record, { houseId: 'h1', dayMs, importMilliWh, exportMilliWh });
    if (purged.includes(dayMs)) bodies.delete(text(records[`flexDay:h1:${dayMs}`]?.['bodyHash'], 'a day'));
  };
  for (let at = 14; at > 0; at -= 1) day(DAY - at * DAY_MS, usual);
  day(DAY, load);
  const event = { eventId: 'e1', fromMs: DAY + 18 * HOUR_MS, untilMs: DAY + 20 * HOUR_MS };
  put(
    `flexEvent:a1:USDUK:USALP:${event.fromMs}`,
    { ...PAIR, ...event, calledAtMs: DAY + 9 * HOUR_MS },
    { ...event, reductionW: '1000' },
  );
  const key = `flexSettlement:h1:${DAY}`;
  const settlement = { ...PAIR, houseId: 'h1', dayMs: DAY };
  put(key, settlement, { ...settlement, currency: 'USD', lines, totalMicros: total });
  const book = new Book();
  book.write(records);
  const days = new HouseDays(nodePrimitives, book, (hash) => bodies.get(hash));
  const after = records[key] ?? {};
  const change = { key, kind: 'flexSettlement', before: undefined, after };
  return days.require(change, bodies.get(text(after['bodyHash'], key)) ?? '', canonical(terms));
};

describe('a day of a house, worked out anew', () => {
  it('comes to the same lines as the contracts found', () => {
    assert.deepEqual(judged()?.lines.length, 3);
  });

  it('is raised by the cap at most, and no more than was called for', () => {
    const load: Load = (slot) => (slot >= 56 && slot < 68 ? [500, 0] : ANSWERED(slot));
    const [reduction, ...others] = LINES;
    const capped = { baselineWh: '2400', adjustmentPpm: '1200000', energyWh: '2000', micros: '400000' };
    assert.ok(judged({ load, lines: [{ ...reduction, ...capped }, ...others], total: '1510000' }));
    assert.throws(() => judged({ load }), /not what its meter/);
  });

  it('by regression lies on the days’ line', () => {
    const terms = { ...TERMS, flexibility: { ...TERMS.flexibility, method: 'regression' } };
    assert.ok(judged({ terms }), 'days that are alike have a flat line');
  });

  it('has no baseline of days that were recorded after the call', () => {
    const [reduction] = LINES;
    const nothing = { days: 0, baselineWh: '0', energyWh: '0', micros: '0', without: 'TOO_FEW_DAYS' };
    const lines = [{ ...reduction, ...nothing }, ...LINES.slice(1)];
    assert.ok(judged({ recordedAtMs: DAY + 10 * HOUR_MS, lines, total: '1110000' }));
    assert.throws(() => judged({ recordedAtMs: DAY + 10 * HOUR_MS }), /not what its meter/);
  });

  it('does not hold with another line, amount or sum', () => {
    const dearer = LINES.map((line) => (line['line'] === 'V2G' ? { ...line, micros: '1050001' } : line));
    assert.throws(() => judged({ lines: dearer }), /not what its meter/);
    assert.throws(() => judged({ lines: LINES.slice(1) }), /not what its meter/);
    assert.throws(() => judged({ total: '1470001' }), /come to its lines/);
    assert.throws(() => judged({ usual: () => [251, 0] }), /not what its meter/);
    assert.throws(() => judged({ load: (slot) => [slot === 3 ? -1 : 250, 0] }), /goes back/);
  });

  it('cannot be judged where a day that it rests on was purged', () => {
    assert.equal(judged({ purged: [DAY - DAY_MS] }), undefined);
  });
});
