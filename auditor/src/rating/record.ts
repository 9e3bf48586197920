import { hold } from '../failure.ts';
import type { Value } from '../json.ts';
import type { Close, Quote } from '../session/settled.ts';
import type { DemandChunk } from '../session/records.ts';
import type { GridRule, Shares, Terms } from '../session/terms.ts';
import { isLess, minus, nearest, nearestEven, over, floor } from './fraction.ts';
import { moved } from './grid.ts';
import { rate } from './rate.ts';
import { readTariff } from './tariff.ts';

/** The charge detail record that follows from what was measured and agreed. */

const PPM = 1_000_000n;
const MILLI = 1_000n;

/** An amount by parts per million, the change rounded half up. */
export const adjusted = (micros: bigint, ppm: bigint): bigint => micros + nearest(over(micros * ppm, PPM));

const PARTIES = ['hun', 'vun', 'infrastructure', 'driver'] as const;

/** A total in shares; what they leave over goes to the largest remainders, the earlier party first. */
export const split = (totalMicros: bigint, shares: Shares): Shares => {
  const exact = PARTIES.map((party) => over(totalMicros * shares[party], PPM));
  const given = exact.map(floor);
  const left = totalMicros - given.reduce((sum, each) => sum + each, 0n);
  const order = exact
    .map((part, index) => ({ index, rest: minus(part, over(given[index] ?? 0n)) }))
    .sort((a, b) => (isLess(a.rest, b.rest) ? 1 : isLess(b.rest, a.rest) ? -1 : a.index - b.index));
  for (const { index } of order.slice(0, Number(left))) given[index] = (given[index] ?? 0n) + 1n;
  const [hun = 0n, vun = 0n, infrastructure = 0n, driver = 0n] = given;
  return { hun, vun, infrastructure, driver };
};

/** Whether the meter vouches for how long the session took. */
const vouchesForTime = ({ readings }: Close): boolean => {
  const [begin, end] = [readings[0], readings.at(-1)];
  const isTimed =
    end?.clock === 'R' || (end?.clock === undefined && (begin.clock === undefined || begin.clock === 'R'));
  return isTimed && begin.errorFlags === undefined && end?.errorFlags === undefined;
};

export interface RecordInput {
  readonly laneSequence: number;
  readonly quote: Quote;
  readonly close: Close;
  /** Whose key signed the readings. */
  readonly meteredBy: string;
  readonly tariffJson: string;
  readonly shares: Shares;
  /** What moves the price by grid demand, where the parties agreed on a rule. */
  readonly grid:
    { readonly terms: Terms; readonly rule: GridRule; readonly chunks: readonly DemandChunk[] } | undefined;
}

export interface Record {
  readonly startMs: number;
  readonly endMs: number;
  readonly energyWh: bigint;
  readonly meteredBy: string;
  readonly totalMicros: bigint;
  readonly shares: Shares;
  /** The whole of it, as it is hashed and told. */
  readonly value: Value;
}

const policyOf = (grid: RecordInput['grid']): string =>
  `roamgrid-ocpi/1+energy-half-even+adjust-half-up${grid === undefined ? '' : `+grid-${grid.rule.version}`}`;

/** @throws Failed, Unreadable */
export const recordOf = (input: RecordInput): Record => {
  const { laneSequence, quote, close, meteredBy, tariffJson, shares, grid } = input;
  const tariff = readTariff(tariffJson);
  hold(tariff.currency === quote.currency, 'the tariff is in another currency than the quote');
  hold(
    !tariff.asksTime || vouchesForTime(close),
    'the tariff prices time, for which the meter does not vouch',
  );
  const start = close.readings[0];
  for (const [index, { atMs, registerMilliWh }] of close.readings.entries()) {
    const before = close.readings[index - 1];
    hold(
      before === undefined || (before.atMs <= atMs && before.registerMilliWh <= registerMilliWh),
      'time or register run backwards',
    );
  }
  const readings = close.readings.map(({ atMs, registerMilliWh, charging }) => ({
    atMs,
    charging,
    energyWh: nearestEven(over(registerMilliWh - start.registerMilliWh, MILLI)),
  }));
  const rated = rate(tariff, readings, quote.zone);
  const net = adjusted(rated.netMicros, quote.adjustmentPpm);
  const tax = adjusted(rated.taxMicros, quote.adjustmentPpm);
  hold(net >= 0n && tax >= 0n, 'the session costs less than nothing');
  const energy = rated.lines.filter(({ kind }) => kind === 'ENERGY');
  const sumOf = (of: 'amountMicros' | 'taxMicros'): bigint =>
    energy.reduce((sum, line) => sum + line[of], 0n);
  const by = (total: bigint): Shares => split(total, shares);
  const adaptation =
    grid === undefined
      ? { moves: [], shares: by(net + tax) }
      : moved(
          {
            ...grid,
            readings,
            energyMicros: sumOf('amountMicros'),
            energyTaxMicros: sumOf('taxMicros'),
            adjustmentPpm: quote.adjustmentPpm,
            totalMicros: net + tax,
            capMicros: quote.capMicros,
          },
          by,
        );
  const netMicros = net + adaptation.moves.reduce((sum, move) => sum + move.netMicros, 0n);
  const taxMicros = tax + adaptation.moves.reduce((sum, move) => sum + move.taxMicros, 0n);
  const last = readings.at(-1);
  const ends = { startMs: start.atMs, endMs: last?.atMs ?? start.atMs, energyWh: last?.energyWh ?? 0n };
  const totalMicros = netMicros + taxMicros;
  return {
    ...ends,
    meteredBy,
    totalMicros,
    shares: adaptation.shares,
    value: {
      cdrId: quote.sessionId,
      sessionId: quote.sessionId,
      vun: quote.vun,
      hun: quote.hun,
      laneSequence,
      ...ends,
      meteredBy,
      currency: quote.currency,
      tariffId: quote.tariffId,
      tariffVersion: quote.tariffVersion,
      pricingPolicy: policyOf(grid),
      lines: [
        ...rated.lines.map((line): Value => ({ ...line })),
        ...(quote.adjustmentPpm === 0n
          ? []
          : [
              {
                kind: 'ADJUSTMENT',
                quantity: quote.adjustmentPpm.toString(),
                unit: 'ppm',
                unitPrice: '',
                amountMicros: net - rated.netMicros,
                taxMicros: tax - rated.taxMicros,
              },
            ]),
        ...adaptation.moves.map(({ movePpm, netMicros: moveNet, taxMicros: moveTax, inputs }) => ({
          kind: 'ADAPTATION',
          quantity: movePpm.toString(),
          unit: 'ppm',
          unitPrice: '',
          amountMicros: moveNet,
          taxMicros: moveTax,
          grid: inputs,
        })),
      ],
      netMicros,
      taxMicros,
      totalMicros,
      shares: { ...adaptation.shares },
      endReason: close.endReason,
    },
  };
};
