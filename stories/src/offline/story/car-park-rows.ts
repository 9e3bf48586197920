import type { Part, Row } from '../../site/part.ts';
import type { CarParkSeen } from './car-park.ts';
import { isCredit } from './credit.ts';
import { isFirmware } from './firmware.ts';
import { isLoad } from './load.ts';
import { isNeighbours } from './neighbours.ts';
import { isPhone } from './phone.ts';
import { isRevoked } from './revoked.ts';
import { isStarts, ratioOf } from './starts.ts';

/** What the story of the car park shows, from what was seen and nothing else. */

const MINUTE_MS = 60_000;
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const isBetween = (value: number, least: number, most: number): boolean => value >= least && value <= most;
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, each) => all + each, 0n);
/** To the nearest whole, halves to the even one. */
const nearest = (dividend: bigint, divisor: bigint): bigint => {
  const down = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  return twice > divisor || (twice === divisor && down % 2n === 1n) ? down + 1n : down;
};

/** 0.32 USD a kWh, of which the driver gets 2 % back. */
const [MICROS_PER_WH, SHARE_PPM, PPM] = [320n, 20_000n, 1_000_000n];

const REFUSED: CarParkSeen['evening']['refused'] = {
  ...{ notYet: 'TOKEN_NOT_YET', otherCharger: 'TOKEN_OTHER_CHARGER', unknownIssuer: 'ISSUER_UNKNOWN' },
  ...{ overEnergy: 'TOKEN_OVER_ENERGY', overCost: 'TOKEN_OVER_COST', stolen: 'PROOF_FORGED' },
  ...{ replayed: 'TOKEN_SPENT', expired: 'TOKEN_EXPIRED', cloned: 'TOKEN_SPENT' },
};

const isSecure1 = ({ evening, records, books, revoked }: CarParkSeen) => {
  const { refused, altered, start, ranAfterLimit } = evening;
  return (
    same(refused, REFUSED) &&
    isRevoked(revoked) &&
    isBetween(altered.tried, 50, 75) &&
    altered.started === 0 &&
    start.came === 'ok' &&
    !ranAfterLimit &&
    same([records[0]?.reason, records[0]?.energyWh, books.sessions[0]?.micros], ['energy', '6850', '2192000'])
  );
};

const isSecure2 = ({ evening: { start, stop }, reconnect: { collect }, capture }: CarParkSeen) =>
  [start, stop, collect].every(({ torn, came }) => isBetween(torn, 8, 399) && came === 'ok') &&
  isBetween(capture.frames, 1_000, 100_000) &&
  isBetween(capture.pieces, 100, 10_000) &&
  capture.found === 0;

const isSecure4 = ({ evening: { atTheEnd, stop, waited }, records }: CarParkSeen) =>
  same(atTheEnd, [true, false]) &&
  same(stop.locked, [true, false]) &&
  same(waited, [true, false]) &&
  same(
    records.map(({ reason, lastedMs, isPlugged }) => [reason, lastedMs, isPlugged]),
    [
      // Until 6.85 kWh had flowed at 22 kW, to the millisecond before more would have.
      ['energy', 1_120_909, true],
      ['time', 13 * MINUTE_MS, true],
      ['stopped', 5 * MINUTE_MS, true],
      ['stopped', MINUTE_MS, true],
      ['unplugged', MINUTE_MS, false],
    ],
  );

/** What each session took by the meter's own registers, in whole watt-hours. */
const energiesOf = ({ records }: CarParkSeen): readonly bigint[] =>
  records.map(({ registerMilliWh }, at) =>
    nearest(BigInt(registerMilliWh) - BigInt(records[at - 1]?.registerMilliWh ?? 0), 1_000n),
  );

const isSecure3 = (seen: CarParkSeen) => {
  const { records, reconnect, evening, books } = seen;
  const numbers = [1, 2, 3, 4, 5];
  return (
    same([evening.boots, reconnect.full, reconnect.thenStarts], [2, 'VAULT_FULL', 'ok']) &&
    same(reconnect.taken, numbers) &&
    same(reconnect.brought, { byA: 2, byB: 3 }) &&
    same(
      reconnect.kept,
      numbers.map((number) => ({ number, state: 'booked' })),
    ) &&
    reconnect.leftAtCharger === 0 &&
    same(
      records.map(({ number }) => number),
      numbers,
    ) &&
    books.sessions.length === numbers.length &&
    records.at(-1)?.registerMilliWh === reconnect.registerMilliWh &&
    same(
      energiesOf(seen).map(String),
      records.map(({ energyWh }) => energyWh),
    ) &&
    records.every(
      ({ number, registerMilliWh, faults, temperatureDeciC, humidityPermille, isPlugged, lastedMs }) =>
        BigInt(registerMilliWh) % 100n === 0n &&
        same(faults, number === 4 ? ['relay-stuck'] : []) &&
        same([temperatureDeciC, humidityPermille, isPlugged], [350, 450, number !== 5]) &&
        isBetween(lastedMs, 59_000, 1_200_000),
    )
  );
};

/** Token, record, ledger, invoice, bill and account say the same, to the watt-hour and the micro, and the chain verifies. */
export const isCarParkExact = (seen: CarParkSeen): boolean => {
  const { tokens, records, books, leftMicros } = seen;
  const { sessions, invoice, bill, chain } = books;
  const energies = energiesOf(seen);
  const amounts = energies.map((energyWh) => energyWh * MICROS_PER_WH);
  const total = sum(amounts);
  const share = sum(amounts.map((amount) => nearest(amount * SHARE_PPM, PPM)));
  return (
    same([tokens.length, records.length, sessions.length, invoice.sessions], Array(4).fill(5)) &&
    sessions.every((session, at) =>
      same(session, {
        ...{ tokenId: tokens[at], sessionId: `USDUK-USALP-g0-${at + 1}`, energyWh: String(energies[at]) },
        ...{ micros: String(amounts[at]), sharesMicros: String(amounts[at]) },
        ...{ billedWh: String(energies[at]), billedMicros: String(amounts[at]) },
      }),
    ) &&
    invoice.micros === total.toString() &&
    same(bill, {
      ...{ sessionsMicros: total.toString(), shareMicros: share.toString() },
      payableMicros: (total - share).toString(),
    }) &&
    BigInt(leftMicros[0]) - BigInt(leftMicros[1]) === total - share &&
    leftMicros[0] === '20000000' &&
    chain === 'verified'
  );
};

const rows: readonly Row<CarParkSeen>[] = [
  {
    row: 'SECURE-1',
    is: isSecure1,
    shows: ({ evening: { refused, altered }, records: [first], books, revoked }) => ({
      ...{ refused, revoked, altered, stoppedAtWh: first?.energyWh, micros: books.sessions[0]?.micros },
    }),
  },
  {
    row: 'SECURE-2',
    is: isSecure2,
    shows: ({ evening: { start, stop }, reconnect, capture }) => ({
      ...{ torn: start.torn + stop.torn + reconnect.collect.torn, capture },
    }),
  },
  {
    row: 'SECURE-3',
    is: (seen) => isSecure3(seen) && isCarParkExact(seen),
    shows: ({ records, reconnect, books }) => ({ records, reconnect, sessions: books.sessions }),
  },
  {
    row: 'SECURE-4',
    is: isSecure4,
    shows: ({ evening: { atTheEnd, stop, waited }, records }) => ({
      ...{ atTheEnd, locked: stop.locked, waited, reasons: records.map(({ reason }) => reason) },
    }),
  },
  { row: 'SECURE-8', is: ({ load }) => isLoad(load), shows: ({ load }) => load },
  { row: 'SECURE-10', is: ({ firmware }) => isFirmware(firmware), shows: ({ firmware }) => firmware },
  {
    row: 'SECURE-13',
    is: ({ neighbours }) => isNeighbours(neighbours),
    shows: ({ neighbours }) => neighbours,
  },
  { row: 'SECURE-5', is: ({ credit }) => isCredit(credit), shows: ({ credit }) => credit },
  { row: 'SECURE-12', is: ({ phone }) => isPhone(phone), shows: ({ phone }) => phone },
];

/** What is timed beside the rest. */
const startsRow: Row<CarParkSeen> = {
  row: 'SECURE-11',
  is: ({ starts }) => isStarts(starts),
  shows: ({ starts }) => ({ ratioOfP50: ratioOf(starts), ...starts }),
};

export const carParkRows: Part<CarParkSeen>['rows'] = [...rows, startsRow];
