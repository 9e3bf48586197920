import assert from 'node:assert/strict';
import {
  authorityFile,
  ReportSums,
  type AuthorityFile,
  type AuthorityRecord,
  type JsonValue,
} from '@roamgrid/wire';
import { z } from 'zod';
import { judge } from './check.ts';

const recordAt = (
  number: number,
  at: Omit<AuthorityRecord, 'cdr' | 'disputed'>,
  currency = 'USD',
): AuthorityRecord => ({
  ...at,
  cdr: {
    cdrId: `USDUK-USALP-g0-${number}`,
    sessionId: `USDUK-USALP-g0-${number}`,
    vun: 'USDUK',
    hun: 'USALP',
    laneSequence: number,
    startMs: 1_000,
    endMs: 2_000 + number,
    energyWh: 10_000n,
    meteredBy: 'meter',
    currency,
    tariffId: 'duk-fast',
    tariffVersion: 1 + (number % 2),
    pricingPolicy: 'p1',
    lines: [
      {
        kind: 'ENERGY',
        element: 0,
        quantity: '10000',
        unit: 'Wh',
        unitPrice: '0.3',
        amountMicros: 3_000_000n,
        taxMicros: 210_000n,
      },
      { kind: 'FLAT', element: 1, quantity: '1', unit: '1', unitPrice: '1', amountMicros: 7n, taxMicros: 1n },
      { kind: 'ADAPTATION', quantity: '-5', unit: 'ppm', unitPrice: '', amountMicros: -7n, taxMicros: 0n },
    ],
    netMicros: 3_000_000n,
    taxMicros: 210_001n,
    totalMicros: 3_210_001n,
    shares: { hun: 10_001n, vun: 3_000_000n, infrastructure: 100_000n, driver: 100_000n },
    endReason: 'driver',
  },
});

const DURHAM = { stationId: 'durham', countryCode: 'US', placeId: 'mall' };
const RECORDS = [
  recordAt(1, DURHAM),
  recordAt(2, DURHAM),
  recordAt(3, { stationId: 'raleigh', countryCode: 'US' }),
  recordAt(4, { stationId: 'toronto', countryCode: 'CA' }, 'CAD'),
  recordAt(5, { stationId: 'gone' }),
];

const fileOf = (records: readonly AuthorityRecord[]): AuthorityFile => {
  const sums = new ReportSums();
  for (const record of records) sums.add(record);
  const head = { utilityId: 'USDUK', fromMs: 2_000, untilMs: 3_000, asOfBlock: 7 };
  return { format: 'roamgrid-report', version: 1, report: sums.report(head), records: [...records] };
};

type Node = readonly JsonValue[] | Readonly<Record<string, JsonValue>>;

const jsonOf = (file: AuthorityFile) => z.encode(authorityFile, file) as unknown as { report: Node };

/** What a verifier says first of a file. */
const said = async (json: unknown): Promise<string> =>
  (await judge(authorityFile.parse(json), undefined)).firstFailure ?? 'holds';

/** Every element below a node, by its pointer. */
const below = (node: Node, pointer: string): readonly (readonly [parent: Node, name: string, at: string])[] =>
  Object.entries(node).flatMap(([name, value]) => {
    const at = `${pointer}/${name}`;
    const own = [node, name, at] as const;
    return typeof value === 'object' && value !== null ? [own, ...below(value, at)] : [own];
  });

/** Another value of the same kind; of what has elements of its own none. */
const other = (value: JsonValue): string | number | undefined => {
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string') return undefined;
  if (/^-?\d+$/.test(value)) return (BigInt(value) + 1n).toString();
  return value === 'Wh' ? 's' : value === 'ENERGY' ? 'TIME' : value === 'USD' ? 'EUR' : 'XX';
};

const copy = () => jsonOf(fileOf(RECORDS));
const partsOf = ({ report }: { report: Node }) =>
  below(report, '/report').filter(([, , at]) => /\/(?:places|totals)\//.test(at));

describe('a report without its proofs', () => {
  it('holds when its records come to it, whichever way they are ordered', async () => {
    assert.equal(await said(copy()), 'holds');
    assert.equal(await said(jsonOf({ ...fileOf(RECORDS), records: RECORDS.toReversed() })), 'holds');
    assert.equal(await said(jsonOf(fileOf([]))), 'holds');
  });

  it('names the element that is another, whichever of all its sums it is', async () => {
    const count = partsOf(copy()).length;
    let altered = 0;
    for (let index = 0; index < count; index += 1) {
      const json = copy();
      const [parent, name, at] = partsOf(json)[index] ?? assert.fail();
      const value = Reflect.get(parent, name) as JsonValue;
      const changed = other(value);
      if (changed === undefined) continue;
      Reflect.set(parent, name, changed);
      if (!authorityFile.safeParse(json).success) continue;
      altered += 1;
      assert.match(await said(json), new RegExp(`^${at} is ${changed}, its records have `, 'u'), at);
    }
    assert.ok(altered > 100, `${altered} were altered`);
  });

  it('names an element, a place or a total that is missing or stands twice', async () => {
    const lists = (json: { report: Node }) =>
      below(json.report, '/report').filter(([parent, name]) => Array.isArray(Reflect.get(parent, name)));
    const count = lists(copy()).length;
    assert.ok(count > 5);
    for (let index = 0; index < count; index += 1)
      for (const change of [
        (list: JsonValue[]) => list.pop(),
        (list: JsonValue[]) => list.shift(),
        (list: JsonValue[]) => list.push(...list.slice(0, 1)),
      ]) {
        const json = copy();
        const [parent, name, at] = lists(json)[index] ?? assert.fail();
        change(Reflect.get(parent, name) as JsonValue[]);
        assert.match(
          await said(json),
          new RegExp(`^${at}/\\d+.* (?:is missing|is .*), its records have `, 'u'),
        );
      }
    const unplaced = copy();
    for (const [parent, name, at] of partsOf(unplaced))
      if (/\/(?:quantity|countryCode)$/.test(at)) Reflect.deleteProperty(parent, name);
    assert.match(await said(unplaced), /^\/report\/places\/0\/countryCode is missing, its records have US$/);
  });

  it('says which record is not of its period, its place or its utility, or stands twice', async () => {
    const { report, ...file } = fileOf(RECORDS);
    const cases: readonly (readonly [change: Partial<AuthorityFile['report']>, says: RegExp])[] = [
      [{ untilMs: 2_005 }, /^\/records\/4: \S+-5 did not end in the period$/],
      [{ fromMs: 2_002 }, /^\/records\/0: \S+-1 did not end in the period$/],
      [{ utilityId: 'USGPC' }, /^\/records\/0: USGPC is no party of \S+-1$/],
      [{ countryCode: 'US' }, /^\/records\/3: \S+-4 has countryCode CA, the report is of US$/],
      [{ placeId: 'mall' }, /^\/records\/2: \S+-3 has placeId unknown, the report is of mall$/],
      [{ stationId: 'durham' }, /^\/records\/2: \S+-3 has stationId raleigh, the report is of durham$/],
    ];
    for (const [change, says] of cases)
      assert.match(await said(jsonOf({ ...file, report: { ...report, ...change } })), says);
    const twice = jsonOf({ ...file, report, records: [...RECORDS, recordAt(2, DURHAM)] });
    assert.match(await said(twice), /^\/records\/5: \S+-2 stands twice$/);
  });
});
