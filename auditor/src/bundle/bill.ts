import { fromBase64Url, textOf } from '../bytes.ts';
import { hold } from '../failure.ts';
import { parse, type Json, type JsonObject } from '../json.ts';
import { nearestEven, over } from '../rating/fraction.ts';
import type { Settled } from '../session/settled.ts';
import { amount, exactly, list, object, text, whole } from '../shape.ts';
import type { ProvenSession } from './session.ts';

/**
 * A driver's bill from home: its lines are the proven sessions, each once, and its sums theirs. What home alone says of a bill, such as
 * its period and whether it was paid, is not in it.
 */

export interface BillTold {
  readonly utilityId: string;
  readonly currency: string;
  readonly payableMicros: bigint;
}

const RATE_UNIT = 1_000_000n;

/** The rate that home fixed when it said yes: in its signed evidence, which was verified with the session. */
const rateOf = ({ open }: Settled): JsonObject | undefined => {
  if (open.authorisedBy !== 'home') return undefined;
  const [, payload = ''] = open.evidence.split('.');
  const { exchange } = object(parse(textOf(fromBase64Url(payload))), 'home’s yes');
  return exchange === undefined ? undefined : object(exchange, 'the rate of exchange');
};

interface Amounts {
  readonly totalMicros: bigint;
  readonly driverMicros: bigint;
}

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
  const by = amount(told['rateMicros'], 'a rate');
  const converted = (micros: bigint): bigint => nearestEven(over(micros * by, RATE_UNIT));
  const amounts = { totalMicros: converted(own.totalMicros), driverMicros: converted(own.driverMicros) };
  hold(
    amount(told['totalMicros'], what) === amounts.totalMicros &&
      amount(told['driverShareMicros'], what) === amounts.driverMicros,
    `${what} does not come to its amounts`,
  );
  return amounts;
};

const LINE = ['driverShareMicros', 'endMs', 'energyWh', 'sessionId', 'startMs', 'totalMicros', 'vun'];

/** A line in the bill's currency. */
const lineOf = (value: Json, proven: ProvenSession, utilityId: string, currency: string): Amounts => {
  const { settled, record } = proven;
  const { quote, sessionId } = settled.open;
  const line = exactly(value, 'a line', LINE, ['exchanged']);
  hold(line['sessionId'] === sessionId, `a line of the bill is not of ${sessionId}`);
  hold(quote.hun === utilityId, `${sessionId} is of another utility’s customer`);
  hold(
    line['vun'] === quote.vun &&
      whole(line['startMs'], 'a line') === record.startMs &&
      whole(line['endMs'], 'a line') === record.endMs &&
      amount(line['energyWh'], 'a line') === record.energyWh &&
      amount(line['totalMicros'], 'a line') === record.totalMicros &&
      amount(line['driverShareMicros'], 'a line') === record.shares.driver,
    `the line of ${sessionId} is not what its record says`,
  );
  const own = { totalMicros: record.totalMicros, driverMicros: record.shares.driver };
  if (line['exchanged'] !== undefined) return exchanged(line, proven, own, currency);
  hold(quote.currency === currency, `${sessionId} is in another currency than the bill`);
  return own;
};

/** @throws Failed, Unreadable */
export const requireBill = (value: Json | undefined, proven: readonly ProvenSession[]): BillTold => {
  const bill = exactly(value, 'the bill', [
    ...['creditMicros', 'currency', 'lines', 'payableMicros', 'sessionsMicros', 'utilityId'],
  ]);
  const utilityId = text(bill['utilityId'], 'whose bill it is');
  const currency = text(bill['currency'], 'the bill’s currency');
  const lines = list(bill['lines'], 'the bill’s lines');
  hold(lines.length === proven.length && lines.length > 0, 'the bill has other lines than sessions');
  const ids = new Set(proven.map(({ settled }) => settled.open.sessionId));
  hold(ids.size === proven.length, 'a session stands twice on the bill');
  let [sessions, credit] = [0n, 0n];
  for (const [index, each] of proven.entries()) {
    const { totalMicros, driverMicros } = lineOf(lines[index] ?? null, each, utilityId, currency);
    sessions += totalMicros;
    credit += driverMicros;
  }
  const payableMicros = amount(bill['payableMicros'], 'what is payable');
  hold(
    amount(bill['sessionsMicros'], 'the bill’s sum') === sessions &&
      amount(bill['creditMicros'], 'the credit') === credit &&
      payableMicros === sessions - credit,
    'the bill does not come to its lines',
  );
  return { utilityId, currency, payableMicros };
};
