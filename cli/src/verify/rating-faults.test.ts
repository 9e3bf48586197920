import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { recordText, type RatedSession } from '@roamgrid/auditor/rating';
import { canonicalOf, computeCdr, type CdrInput } from '@roamgrid/wire';
import fc from 'fast-check';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const START_MS = Date.UTC(2026, 4, 4, 5, 0);
const HOUR_MS = 3_600_000;
const SHARES = { hun: 60_001n, vun: 619_999n, infrastructure: 300_000n, driver: 20_000n };

/** A text of the domain's and what it is changed to. */
type Fault = readonly [what: string, file: string, text: string, wrong: string];

const FAULTS: readonly Fault[] = [
  ['a last step that is given away', 'rating/step-size.ts', "step, 'up')", "step, 'down')"],
  [
    'parking not rounded by steps',
    'rating/step-size.ts',
    "chargingLast ? 'TIME' : 'PARKING_TIME'",
    "chargingLast ? 'PARKING_TIME' : 'TIME'",
  ],
  ['night windows that never match', 'rating/match.ts', 'afterStart || beforeEnd', 'afterStart && beforeEnd'],
  ['a weekday too late', 'rating/match.ts', '(day + 4) % 7', '(day + 5) % 7'],
  [
    'an energy limit that lasts on',
    'rating/match.ts',
    'at.energy, on.maxEnergy) >= 0',
    'at.energy, on.maxEnergy) > 9',
  ],
  ['tax at a tenth', 'rating/charge.ts', 'd: vatPercent.d * 100n }', 'd: vatPercent.d * 1000n }'],
  [
    'a minimum that is a maximum',
    'rating/charge.ts',
    'compare(value, limit) < 0 : compare(value, limit) > 0',
    'compare(value, limit) > 0 : compare(value, limit) < 0',
  ],
  ['totals rounded down', 'rating/policy.ts', "rounding: 'half-up'", "rounding: 'down'"],
  [
    'local time on the wrong side of UTC',
    'tariff/zone.ts',
    'return found * MS_PER_MINUTE',
    'return -found * MS_PER_MINUTE',
  ],
  [
    'shares whose remainder goes to the smallest',
    'money/allocate.ts',
    'a.remainder > b.remainder ? -1 : 1',
    'a.remainder > b.remainder ? 1 : -1',
  ],
  [
    'discounts that are added',
    'settlement/adjustments.ts',
    'divide(baseMicros * ppm, PPM',
    'divide(baseMicros * -ppm, PPM',
  ],
];

type Compute = typeof computeCdr;

/** `computeCdr` of a copy of the domain with one fault in it. */
const withFault = async (folder: string, [what, file, text, wrong]: Fault): Promise<Compute> => {
  cpSync(join(ROOT, 'domain'), join(folder, 'domain'), { recursive: true });
  cpSync(join(ROOT, 'wire', 'src'), join(folder, 'wire', 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'node_modules', '@roamgrid'), { recursive: true });
  symlinkSync(join(folder, 'domain'), join(folder, 'node_modules', '@roamgrid', 'domain'));
  const path = join(folder, 'domain', 'src', file);
  const before = readFileSync(path, 'utf8');
  assert.equal(before.split(text).length, 2, `${what}: ${file} has the text to be changed once`);
  writeFileSync(path, before.replace(text, wrong));
  const url = pathToFileURL(join(folder, 'wire', 'src', 'ledger', 'compute-cdr.ts')).href;
  return ((await import(url)) as { computeCdr: Compute }).computeCdr;
};

const price = (type: string, most: number) =>
  fc
    .record({
      price: fc.integer({ min: 0, max: most * 1_000 }).map((milli) => (milli / 1_000).toString()),
      vat: fc.constantFrom('0', '7', '19.6'),
      step_size: fc.constantFrom(0, 1, 60, 900),
    })
    .map((told) => ({ type, ...told }));

const restrictions = fc.record(
  {
    start_time: fc.constantFrom('00:00', '08:30', '21:00'),
    end_time: fc.constantFrom('06:00', '12:00', '23:30'),
    day_of_week: fc.subarray(['MONDAY', 'TUESDAY', 'SUNDAY'], { minLength: 1 }),
    min_kwh: fc.constantFrom(1, 2.5),
    max_kwh: fc.constantFrom(4, 9.999),
    min_power: fc.constantFrom(1, 7),
    max_duration: fc.constantFrom(1_800, 4_000),
    start_date: fc.constantFrom('2026-05-04', '2026-05-05'),
  },
  { requiredKeys: [] },
);

const element = fc.record({
  price_components: fc
    .tuple(
      fc.option(price('ENERGY', 1), { nil: undefined }),
      fc.option(price('TIME', 6), { nil: undefined }),
      fc.option(price('PARKING_TIME', 9), { nil: undefined }),
      price('FLAT', 1),
    )
    .map((parts) => parts.filter((part) => part !== undefined)),
  restrictions,
});

const tariff = fc.record(
  {
    currency: fc.constant('USD'),
    elements: fc.array(element, { minLength: 1, maxLength: 4 }),
    min_price: fc.constantFrom({ excl_vat: 5 }, { incl_vat: 3 }, { excl_vat: 2, incl_vat: 9 }),
    max_price: fc.constantFrom({ excl_vat: 6 }, { incl_vat: 12.5 }),
    tax_included: fc.constantFrom('YES', 'NO', 'N/A'),
    country_code: fc.constant('US'),
    party_id: fc.constant('DUK'),
  },
  { requiredKeys: ['currency', 'elements'] },
);

const readings = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 2 * HOUR_MS }), fc.bigInt(0n, 8_000_000n), fc.boolean()), {
    minLength: 1,
    maxLength: 8,
  })
  .map((steps) => {
    let [atMs, registerMilliWh] = [START_MS, 12_345_678n];
    const found = [{ atMs, registerMilliWh, charging: true }];
    for (const [ms, milliWh, charging] of steps) {
      atMs += ms;
      registerMilliWh += milliWh;
      found.push({ atMs, registerMilliWh, charging });
    }
    return found;
  });

const input: fc.Arbitrary<CdrInput> = fc.record({
  laneSequence: fc.integer({ min: 1, max: 9 }),
  meteredBy: fc.constantFrom('meter', 'operator'),
  tariffJson: tariff.map((each) => JSON.stringify(each)),
  readings,
  terms: fc.constant({ shares: SHARES }),
  endReason: fc.constant('driver'),
  quote: fc.record({
    channel: fc.constant('roaming'),
    sessionId: fc.constant('USDUK-USALP-g0-1'),
    vun: fc.constant('USDUK'),
    hun: fc.constant('USALP'),
    agreementId: fc.constant('a1'),
    stationId: fc.constant('duk-1'),
    evseId: fc.constant('US*DUK*E1'),
    tariffId: fc.constant('USDUK-t'),
    tariffVersion: fc.constant(1),
    adjustmentPpm: fc.constantFrom(0n, -50_000n, 33_333n),
    currency: fc.constant('USD'),
    requestedEnergyWh: fc.constant(10_000n),
    plannedMs: fc.constant(HOUR_MS),
    estimateMicros: fc.constant(1n),
    capMicros: fc.constant(10n ** 12n),
    zoneOffsets: fc.constantFrom(
      [{ fromMs: 0, offsetMinutes: -240 }],
      [
        { fromMs: 0, offsetMinutes: 60 },
        { fromMs: START_MS + HOUR_MS, offsetMinutes: 120 },
      ],
    ),
    issuedAtMs: fc.constant(START_MS),
    validUntilMs: fc.constant(START_MS),
  }),
});

const auditedText = ({
  laneSequence,
  meteredBy,
  tariffJson,
  quote,
  readings: told,
  terms,
  endReason,
}: CdrInput): string => {
  const session: RatedSession = {
    laneSequence,
    meteredBy,
    tariffJson,
    quote,
    readings: told,
    shares: terms.shares,
    endReason,
  };
  return recordText(session);
};

const toldText = (compute: Compute, each: CdrInput): string => {
  const computed = compute(each);
  return computed.ok ? canonicalOf({ ...computed.value }) : `refused: ${computed.error.code}`;
};

describe('the auditor’s own model of a price', function () {
  this.timeout(120_000);

  it('comes to the very record that the domain comes to, whatever the tariff and the readings', () => {
    fc.assert(
      fc.property(input, (each) => {
        assert.equal(auditedText(each), toldText(computeCdr, each));
      }),
      { numRuns: 400 },
    );
  });

  describe('finds', () => {
    const sessions = fc.sample(input, { numRuns: 250, seed: 20_261_129 });
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'fault-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });
    for (const fault of FAULTS) {
      it(fault[0], async () => {
        const faulty = await withFault(folder, fault);
        assert.ok(sessions.some((each) => auditedText(each) !== toldText(faulty, each)));
      });
    }
  });
});
