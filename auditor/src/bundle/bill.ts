import { fromBase64Url, textOf } from '../bytes.ts';
import { hold } from '../failure.ts';
import { parse, type Json, type JsonObject } from '../json.ts';
import { nearestEven, over } from '../rating/fraction.ts';
import type { Settled } from '../session/settled.ts';
import { amount, exactly, list, object, perhaps, text, whole } from '../shape.ts';
import type { ProvenSession } from './session.ts';

/**
 * A driver's bill from home: its lines are the proven sessions, each once, its corrections what disputes of others came to, and its sums
 * theirs. What home alone says of a bill, such as its period and whether it was paid, is not in it.
 */

export interface BillTold {
  readonly utilityId: string;
  readonly currency: string;
  readonly payableMicros: bigint;
  /** Of what is payable, what home says of reservations: not proven. */
  readonly bookingsMicros: bigint;
  /** What it is less by for what cars gave, as home says: not proven. */
  readonly givenMicros: bigint;
  /** How many sessions on earlier bills it corrects. */
  readonly corrections: number;
}

interface BillGround {
  readonly utilityId: string;
  readonly currency: string;
}

const RATE_UNIT = 1_000_000n;

/** The rate that home fixed when it said yes: in its signed evidence, which was verified with the session. */
const rateOf = ({ open }: Settled): JsonObject | undefined => {
  if (open.authorisedBy !== 'home') return undefined;
  const [, payload = ''] = open.evidence.split('.');
  const { exchange } = object(parse(textOf(fromBase64Url(payload))), 'home’s yes');
  return exchange === undefined ? undefined : object(exchange, 'the rate of exchange');
};

/** In the bill's currency. */
interface Amounts {
  readonly totalMicros: bigint;
  readonly driverMicros: bigint;
}

/** What a record comes to in its own currency. */
interface Stands extends Amounts {
  readonly energyWh: bigint;
}

const recordOf = ({ record }: ProvenSession): Stands => ({
  energyWh: record.energyWh,
  totalMicros: record.totalMicros,
  driverMicros: record.shares.driver,
});

const convertedBy = (rateMicros: bigint, { totalMicros, driverMicros }: Amounts): Amounts => {
  const converted = (micros: bigint): bigint => nearestEven(over(micros * rateMicros, RATE_UNIT));
  return { totalMicros: converted(totalMicros), driverMicros: converted(driverMicros) };
};

const exchanged = (line: JsonObject, { settled }: ProvenSession, own: Amounts, currency: string): Amounts => {
  const what = `the exchange of ${settled.open.sessionId}`;
  const rate = rateOf(settled);
  const told = exactly(line['exchanged'], what, [
    ...['currency', 'driverShareMicros', 'from', 'rateMicros', 'rounding', 'source', 'totalMicros'],
  ]);
  hold(rate !== undefined, `${what} has no rate that home fixed`);
  for (const name of ['currency', 'rateMicros', 'rounding', 'source'])
    hold(told[name] === rate[name], `${what} is not by the rate that home fixed`);
  hold(
    told['currency'] === currency && told['from'] === settled.open.quote.currency,
    `${what} is of other currencies`,
  );
  const amounts = convertedBy(amount(told['rateMicros'], 'a rate'), own);
  hold(
    amount(told['totalMicros'], what) === amounts.totalMicros &&
      amount(told['driverShareMicros'], what) === amounts.driverMicros,
    `${what} does not come to its amounts`,
  );
  return amounts;
};

const LINE = [
  ...['driverShareMicros', 'endMs', 'energyWh', 'meteredBy', 'sessionId', 'startMs', 'totalMicros', 'vun'],
];

/** A line in the bill's currency: what the record says, or what a dispute of it came to before it was billed. */
const lineOf = (value: Json, proven: ProvenSession, { utilityId, currency }: BillGround): Amounts => {
  const { settled, record, clearing } = proven;
  const { quote, sessionId } = settled.open;
  const line = exactly(value, 'a line', LINE, ['exchanged']);
  hold(line['sessionId'] === sessionId, `a line of the bill is not of ${sessionId}`);
  hold(quote.hun === utilityId, `${sessionId} is of another utility’s customer`);
  const own = [recordOf(proven), clearing.decided].find(
    (stands) =>
      amount(line['energyWh'], 'a line') === stands?.energyWh &&
      amount(line['totalMicros'], 'a line') === stands.totalMicros &&
      amount(line['driverShareMicros'], 'a line') === stands.driverMicros,
  );
  hold(
    own !== undefined &&
      line['vun'] === quote.vun &&
      line['meteredBy'] === record.meteredBy &&
      whole(line['startMs'], 'a line') === record.startMs &&
      whole(line['endMs'], 'a line') === record.endMs,
    `the line of ${sessionId} is not what its record says`,
  );
  if (line['exchanged'] !== undefined) return exchanged(line, proven, own, currency);
  hold(quote.currency === currency, `${sessionId} is in another currency than the bill`);
  return own;
};

const CORRECTION = ['driverShareMicros', 'outcome', 'sessionId', 'totalMicros'];

/** What is more, or less, of a session that stands on an earlier bill: what its dispute came to less what its record says. */
const correctionOf = (value: Json, proven: ProvenSession, { utilityId, currency }: BillGround): Amounts => {
  const { settled, clearing } = proven;
  const { quote, sessionId } = settled.open;
  const line = exactly(value, 'a correction', CORRECTION);
  hold(line['sessionId'] === sessionId, `a correction of the bill is not of ${sessionId}`);
  hold(quote.hun === utilityId, `${sessionId} is of another utility’s customer`);
  const { decided } = clearing;
  hold(decided !== undefined, `the ledger has no dispute of ${sessionId} that is over at the checkpoint`);
  const rate = quote.currency === currency ? undefined : rateOf(settled);
  hold(
    quote.currency === currency || rate?.['currency'] === currency,
    `${sessionId} has no rate that home fixed to the bill’s currency`,
  );
  const [before, after] = [recordOf(proven), decided].map((each: Amounts) =>
    rate === undefined ? each : convertedBy(amount(rate['rateMicros'], 'a rate'), each),
  );
  const more = (name: keyof Amounts): bigint => (after?.[name] ?? 0n) - (before?.[name] ?? 0n);
  const amounts = { totalMicros: more('totalMicros'), driverMicros: more('driverMicros') };
  hold(
    line['outcome'] === decided.outcome &&
      amount(line['totalMicros'], 'a correction') === amounts.totalMicros &&
      amount(line['driverShareMicros'], 'a correction') === amounts.driverMicros,
    `the correction of ${sessionId} is not what its dispute came to`,
  );
  return amounts;
};

type Read = (value: Json, proven: ProvenSession, ground: BillGround) => Amounts;

const summed = (
  lines: readonly Json[],
  proven: readonly ProvenSession[],
  read: Read,
  ground: BillGround,
): Amounts => {
  let [totalMicros, driverMicros] = [0n, 0n];
  for (const [index, each] of proven.entries()) {
    const more = read(lines[index] ?? null, each, ground);
    totalMicros += more.totalMicros;
    driverMicros += more.driverMicros;
  }
  return { totalMicros, driverMicros };
};

/**
 * @param corrected sessions of earlier bills that the bill corrects, in the order of its corrections
 * @throws Failed, Unreadable
 */
export const requireBill = (
  value: Json | undefined,
  proven: readonly ProvenSession[],
  corrected: readonly ProvenSession[],
): BillTold => {
  const bill = exactly(
    value,
    'the bill',
    [...['creditMicros', 'currency', 'lines', 'payableMicros', 'sessionsMicros', 'utilityId']],
    ['bookingsMicros', 'corrections', 'givenMicros'],
  );
  const utilityId = text(bill['utilityId'], 'whose bill it is');
  const currency = text(bill['currency'], 'the bill’s currency');
  const lines = list(bill['lines'], 'the bill’s lines');
  const corrections = perhaps(bill['corrections'], 'the bill’s corrections', list) ?? [];
  const all = [...proven, ...corrected];
  hold(lines.length === proven.length && all.length > 0, 'the bill has other lines than sessions');
  hold(corrections.length === corrected.length, 'the bill has other corrections than corrected sessions');
  const ids = new Set(all.map(({ settled }) => settled.open.sessionId));
  hold(ids.size === all.length, 'a session stands twice on the bill');
  const ground = { utilityId, currency };
  const sessions = summed(lines, proven, lineOf, ground);
  const more = summed(corrections, corrected, correctionOf, ground);
  // What reservations come to, and what cars gave, stands in no session: it is home's word, and told as such.
  const bookingsMicros = perhaps(bill['bookingsMicros'], 'what reservations come to', amount) ?? 0n;
  const givenMicros = perhaps(bill['givenMicros'], 'what cars gave', amount) ?? 0n;
  const payableMicros = amount(bill['payableMicros'], 'what is payable');
  hold(
    amount(bill['sessionsMicros'], 'the bill’s sum') === sessions.totalMicros &&
      amount(bill['creditMicros'], 'the credit') === sessions.driverMicros &&
      payableMicros ===
        sessions.totalMicros -
          sessions.driverMicros +
          more.totalMicros -
          more.driverMicros +
          bookingsMicros -
          givenMicros,
    'the bill does not come to its lines',
  );
  return { ...ground, payableMicros, bookingsMicros, givenMicros, corrections: corrections.length };
};
