import assert from 'node:assert/strict';
import { EXIT, rateCommand } from './command.ts';

/**
 * Tariffs and records of our own making in the words of each version of OCPI, whose totals are worked out here in whole cents and
 * by none of the engine's code. The published examples are rated by command, see `published.test.ts`.
 */

const VERSIONS = ['2.1.1', '2.2', '2.2.1', '2.3.0'] as const;
type Version = (typeof VERSIONS)[number];
const SEEDS = 12;

interface Case {
  readonly version: Version;
  readonly seed: number;
}

/** Small and alike everywhere. */
const drawer = (seed: number) => {
  let state = seed;
  return (from: number, to: number): bigint => {
    state = (state * 48_271) % 2_147_483_647;
    return BigInt(from + (state % (to - from + 1)));
  };
};

const decimal = (cents: bigint): number => Number(`${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`);

/** An amount before and after taxes as a version writes it. */
const amount = (version: Version, before: bigint, tax: bigint): unknown => {
  if (version === '2.1.1') return decimal(before);
  if (version === '2.3.0')
    return { before_taxes: decimal(before), taxes: [{ name: 'VAT', amount: decimal(tax) }] };
  return { excl_vat: decimal(before), incl_vat: decimal(before + tax) };
};

/** A session of whole hours, kWh and parked hours: every line is whole cents, and its tax at 25 % of a price in fours is, too. */
function made({ version, seed }: Case) {
  const draw = drawer(7 * seed + VERSIONS.indexOf(version) + 1);
  const vat = version === '2.1.1' ? 0n : 25n;
  const [energy, time, parking, flat] = [
    draw(5, 25) * 4n,
    draw(10, 90) * 4n,
    draw(1, 40) * 4n,
    draw(1, 50) * 4n,
  ];
  const [kWh, hours, parked] = [draw(1, 60), draw(1, 6), draw(0, 4)];
  const before = energy * kWh + time * hours + parking * parked + flat;
  const tax = (before * vat) / 100n;
  const component = (type: string, price: bigint) => ({
    type,
    price: decimal(price),
    step_size: 1,
    ...(vat > 0n && { vat: Number(vat) }),
  });
  const startMs = Date.UTC(2015 + Number(draw(0, 9)), Number(draw(0, 11)), Number(draw(1, 28)), 8);
  const at = (hour: bigint): string => new Date(startMs + Number(hour) * 3_600_000).toISOString();
  const period = (start: bigint, dimensions: Readonly<Record<string, bigint>>) => ({
    start_date_time: at(start),
    dimensions: Object.entries(dimensions).map(([type, volume]) => ({ type, volume: Number(volume) })),
  });
  const tariff = {
    ...(version !== '2.1.1' && { country_code: 'BE', party_id: 'BEC' }),
    id: `T${seed}`,
    currency: 'EUR',
    elements: [
      {
        price_components: [
          component('ENERGY', energy),
          component('TIME', time),
          component('PARKING_TIME', parking),
          component('FLAT', flat),
        ],
      },
    ],
    last_updated: at(0n),
  };
  const cdr = {
    id: `C${seed}`,
    start_date_time: at(0n),
    [version === '2.1.1' ? 'stop_date_time' : 'end_date_time']: at(hours + parked),
    currency: 'EUR',
    tariffs: [tariff],
    charging_periods: [
      period(0n, { ENERGY: kWh, TIME: hours }),
      ...(parked > 0n ? [period(hours, { PARKING_TIME: parked })] : []),
    ],
    total_cost: amount(version, before, tax),
    total_energy: Number(kWh),
    total_time: Number(hours + parked),
    ...(parked > 0n && { total_parking_time: Number(parked) }),
    last_updated: at(hours + parked),
  };
  return { cdr, before, tax };
}

const check = (cdr: object) => {
  let [out, code] = ['', -1];
  rateCommand({
    read: () => JSON.stringify(cdr),
    out: (text) => (out += text),
    err: (text) => (out += text),
    exitCode: (value) => (code = value),
    exit: () => assert.fail(out),
  }).parse(['--cdr', 'cdr.json', '--check', '--json'], { from: 'user' });
  return { code, json: JSON.parse(out) as { differences: unknown[]; notes?: { code: string }[] } };
};

describe('roamgrid rate --check on records of our own making', () => {
  for (const version of VERSIONS)
    it(`${version}: gives the total that was worked out by hand, and finds one that is a cent off`, () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { cdr, before, tax } = made({ version, seed });
        const { code, json } = check(cdr);
        assert.deepEqual([code, json.differences], [EXIT.ok, []], `${version} ${seed}`);
        assert.ok(!json.notes?.some((note) => note.code === 'KEY_UNKNOWN'));
        const off = check({ ...cdr, total_cost: amount(version, before + 2n, tax) });
        assert.deepEqual(
          [off.code, off.json.differences.length > 0],
          [EXIT.differs, true],
          `${version} ${seed}`,
        );
      }
    });
});
