import { createHash } from 'node:crypto';
import { divide, parseMicros } from '@roamgrid/domain';
import { energySignal, SIGNAL_LIMITS, type EnergySignal } from '@roamgrid/wire';
import type { OpenAdrEvent, OpenAdrProgram } from './model.ts';
import { timedIntervals, type TimedInterval } from './timed-intervals.ts';

/** How a house understands what a program tells. */
export interface Understanding {
  /** Under whose name signals are kept. */
  readonly by: string;
  /** ISO 4217; a price in another one is left out. */
  readonly currency: string;
  /** What levels 1, 2 and 3 of SIMPLE ask for, W less; agreed with whoever runs the program. */
  readonly simpleReduceW: readonly bigint[];
}

export interface EventSignals {
  readonly signals: readonly EnergySignal[];
  /** What of it is not understood, in words. */
  readonly leftOut: readonly string[];
}

type Value = TimedInterval['payloads'][number]['values'][number];
type Descriptor = {
  readonly units?: string | null | undefined;
  readonly currency?: string | null | undefined;
};

/** JSON's numbers as they were written, as far as a double keeps them. */
const microsOf = (value: Value | undefined): bigint | undefined => {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const text = typeof value === 'number' && Math.abs(value) < 1e15 ? decimalText(value) : String(value);
  const parsed = parseMicros(text, 'half-even');
  return parsed.ok ? parsed.value : undefined;
};

/** Without an exponent. Digits below 10⁻²⁰ are none of a price. */
const decimalText = (value: number): string => {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20) : text;
};

/** Kilowatts, or what else the unit says, as whole watts. */
const wattsOf = (value: Value | undefined, units: string | null | undefined): bigint | undefined => {
  const micros = microsOf(value);
  const perUnitW = { W: 1n, KW: 1_000n, MW: 1_000_000n }[units?.toUpperCase() ?? 'KW'];
  return micros === undefined || perUnitW === undefined
    ? undefined
    : divide(micros * perUnitW, 1_000_000n, 'half-even');
};

/** Of an event, within what a record's id may be. */
const signalIdOf = (eventId: string, part: string): string => {
  const id = /^[A-Za-z0-9]/.test(eventId) && eventId.length <= 48 ? eventId : undefined;
  return `${id ?? createHash('sha256').update(eventId).digest('hex').slice(0, 48)}.${part}`;
};

/** What an event says to a house, and what of it is left out. */
export const eventSignals = (
  event: OpenAdrEvent,
  program: OpenAdrProgram | undefined,
  how: Understanding,
  nowMs: number,
): EventSignals => {
  const { intervals, repeated, firstIndex } = timedIntervals(event, nowMs, `${how.by} ${event.id}`);
  const descriptors = [
    ...(event.payloadDescriptors ?? []),
    ...((program?.payloadDescriptors ?? []) as readonly (Descriptor & { readonly payloadType: string })[]),
  ];
  const descriptorOf = (type: string): Descriptor =>
    descriptors.find(({ payloadType }) => payloadType === type) ?? {};
  const leftOut = new Set<string>();
  const head = { version: Date.parse(event.modificationDateTime) + repeated, by: how.by };
  const signals: EnergySignal[] = [];
  const add = (signal: EnergySignal): void => {
    const checked = energySignal.safeParse(energySignal.encode(signal));
    if (checked.success) signals.push(signal);
    else leftOut.add(`${signal.kind}: ${checked.error.issues[0]?.message ?? 'not understood'}`);
  };
  const prices = intervals.flatMap((one) => pricesOf(one, descriptorOf, how.currency, leftOut));
  if (prices.length > 0)
    add({
      kind: 'price',
      signalId: signalIdOf(event.id, 'price'),
      ...head,
      intervals: prices.slice(0, SIGNAL_LIMITS.intervals),
    });
  for (const [at, { startMs, endMs, payloads }] of intervals.entries())
    for (const [part, { type, values }] of payloads.entries()) {
      if (type === 'PRICE' || type === 'EXPORT_PRICE') continue;
      const [value] = values;
      const named = { signalId: signalIdOf(event.id, `${firstIndex + at}.${part}`), ...head };
      const span = { startMs, endMs };
      const watts = wattsOf(value, descriptorOf(type).units);
      if (type === 'IMPORT_CAPACITY_LIMIT' && watts !== undefined && watts >= 0n)
        add({ kind: 'dr-event', ...named, ...span, capW: watts });
      else if (type === 'DISPATCH_SETPOINT_RELATIVE' && watts !== undefined && watts < 0n)
        add({ kind: 'dr-event', ...named, ...span, reduceW: -watts });
      else if (type === 'SIMPLE' && typeof value === 'number') {
        const reduceW = how.simpleReduceW[value - 1];
        if (reduceW !== undefined) add({ kind: 'dr-event', ...named, ...span, reduceW });
        else if (value !== 0) leftOut.add(`SIMPLE: nobody said what level ${value} asks for`);
      } else if (type === 'ALERT_GRID_EMERGENCY')
        add({ kind: 'grid-demand', ...named, ...span, demandPermille: 1_000 });
      else leftOut.add(`${type}: not understood here`);
    }
  return { signals, leftOut: [...leftOut] };
};

type PriceInterval = Extract<EnergySignal, { kind: 'price' }>['intervals'][number];

/** Several values of one interval share its time evenly. Spec: OpenADR 3.1.0, User Guide §7.3, "multi-valued payloads". */
const pricesOf = (
  { startMs, endMs, payloads }: TimedInterval,
  descriptorOf: (type: string) => Descriptor,
  currency: string,
  leftOut: Set<string>,
): readonly PriceInterval[] => {
  const read = (type: string): readonly (bigint | undefined)[] => {
    const { units, currency: told } = descriptorOf(type);
    const values = payloads.find((payload) => payload.type === type)?.values ?? [];
    const perKWh = { KWH: 1n, MWH: 1_000n }[units?.toUpperCase() ?? 'KWH'];
    if (values.length === 0) return [];
    if (perKWh === undefined || (typeof told === 'string' && told !== currency)) {
      leftOut.add(`${type}: in ${told ?? currency} per ${units ?? 'KWH'}, not in ${currency} per KWH or MWH`);
      return [];
    }
    return values.map((value) => {
      const micros = microsOf(value);
      return micros === undefined ? undefined : divide(micros, perKWh, 'half-even');
    });
  };
  const [prices, exported] = [read('PRICE'), read('EXPORT_PRICE')];
  if (prices.length === 0 && exported.length > 0) leftOut.add('EXPORT_PRICE: without a PRICE beside it');
  const at = (part: number): number => startMs + Math.floor(((endMs - startMs) * part) / prices.length);
  return prices.flatMap((priceMicrosPerKWh, part) => {
    if (priceMicrosPerKWh === undefined) {
      leftOut.add('PRICE: a value that is no decimal number');
      return [];
    }
    const exportMicrosPerKWh = exported[Math.floor((part * exported.length) / prices.length)];
    return [
      {
        ...{ startMs: at(part), endMs: at(part + 1), priceMicrosPerKWh },
        ...(exportMicrosPerKWh !== undefined && { exportMicrosPerKWh }),
      },
    ];
  });
};
