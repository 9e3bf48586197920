import type { RegisterReading, SignedReading } from '../model/reports.ts';
import { isRegister } from './plausible.ts';
import type { Sample, SampledAt } from './sample.ts';
import { scaled } from './scaled.ts';
import { signedText } from './signed-text.ts';

/** What the samples of one message say. */
export interface ReadSamples {
  readonly readings: readonly RegisterReading[];
  readonly signed: readonly SignedReading[];
  readonly powerW?: bigint;
  readonly socPpm?: number;
}

/** Only these count up for good; an interval is a difference, and nobody is billed by it. */
const REGISTERS: Readonly<Record<string, RegisterReading['direction']>> = {
  'Energy.Active.Import.Register': 'import',
  'Energy.Active.Export.Register': 'export',
};
const DEFAULT_MEASURAND = 'Energy.Active.Import.Register';

/** Spec: OCPP 1.6 §7.31, OCPP 2.0.1 part 2, ReadingContextEnumType. */
const CONTEXTS: Readonly<Record<string, RegisterReading['context']>> = {
  'Transaction.Begin': 'begin',
  'Transaction.End': 'end',
  'Interruption.Begin': 'interrupted',
  'Interruption.End': 'interrupted',
};
const contextOf = ({ context }: Sample): RegisterReading['context'] => CONTEXTS[context ?? ''] ?? 'between';

/** Decimal places by which a unit is one of milliwatt-hours, or of watts. */
type Places = ReadonlyMap<string, number>;
const MILLI_WH_PLACES: Places = new Map([
  ['Wh', 3],
  ['kWh', 6],
]);
const WATT_PLACES: Places = new Map([
  ['W', 0],
  ['kW', 3],
]);
const PPM_OF_PERCENT_PLACES = 4;
const FULL_PPM = 1_000_000n;

/** The three phases of one quantity, by either way of naming them. */
const PHASES = [
  ['L1', 'L2', 'L3'],
  ['L1-N', 'L2-N', 'L3-N'],
] as const;

const valueIn = (places: Places, usual: string) => (sample: Sample) => {
  const scale = places.get(sample.unit ?? usual);
  if (scale === undefined || sample.value === undefined) return undefined;
  return scaled(sample.value, scale + (sample.multiplier ?? 0));
};
const milliWhOf = valueIn(MILLI_WH_PLACES, 'Wh');
const wattsOf = valueIn(WATT_PLACES, 'W');

/**
 * The total of a quantity: the sample without a phase, else the sum where each of three phases is told once. A part of the phases
 * is no total.
 */
const totalOf = (
  samples: readonly Sample[],
  read: (sample: Sample) => bigint | undefined,
): bigint | undefined => {
  const whole = samples.find(({ phase }) => phase === undefined);
  if (whole !== undefined) return read(whole);
  for (const names of PHASES) {
    const parts = names.map((name) => samples.filter(({ phase }) => phase === name));
    const values = parts.map(([one, another]) =>
      one === undefined || another !== undefined ? undefined : read(one),
    );
    const known = values.filter((value) => value !== undefined);
    if (known.length === names.length) return known.reduce((sum, value) => sum + value, 0n);
  }
  return undefined;
};

/** A meter at the inlet, or the vehicle's own, is not the outlet's. */
const isAtOutlet = ({ location }: Sample): boolean => location === undefined || location === 'Outlet';
const measurandOf = ({ measurand }: Sample): string => measurand ?? DEFAULT_MEASURAND;

const registersOf = ({ atMs, samples }: SampledAt): readonly RegisterReading[] =>
  Object.entries(REGISTERS).flatMap(([measurand, direction]) => {
    const own = samples.filter(
      (sample) => isAtOutlet(sample) && measurandOf(sample) === measurand && sample.value !== undefined,
    );
    const contexts = new Set(own.map(contextOf));
    return [...contexts].flatMap((context) => {
      const registerMilliWh = totalOf(
        own.filter((sample) => contextOf(sample) === context),
        milliWhOf,
      );
      return registerMilliWh !== undefined && isRegister(registerMilliWh)
        ? [{ atMs, registerMilliWh, direction, context }]
        : [];
    });
  });

const signedOf = ({ atMs, samples }: SampledAt): readonly SignedReading[] =>
  samples.flatMap((sample) =>
    sample.signed === undefined
      ? []
      : [
          {
            atMs,
            ...signedText(sample.signed),
            context: contextOf(sample),
            ...(sample.signed.publicKey === undefined ? {} : { publicKey: sample.signed.publicKey }),
          },
        ],
  );

const latestPower = (told: readonly SampledAt[]): bigint | undefined =>
  told
    .map(({ samples }) =>
      totalOf(
        samples.filter((sample) => isAtOutlet(sample) && sample.measurand === 'Power.Active.Import'),
        wattsOf,
      ),
    )
    .findLast((watts) => watts !== undefined && watts >= 0n);

const latestCharge = (told: readonly SampledAt[]): number | undefined => {
  const percents = told.flatMap(({ samples }) =>
    samples.filter(({ measurand, unit }) => measurand === 'SoC' && (unit ?? 'Percent') === 'Percent'),
  );
  const ppm = percents
    .map(({ value, multiplier = 0 }) => scaled(value ?? '', PPM_OF_PERCENT_PLACES + multiplier))
    .findLast((one) => one !== undefined && one >= 0n && one <= FULL_PPM);
  return ppm === undefined ? undefined : Number(ppm);
};

/** Reads samples exactly: registers to milliwatt-hours, what is finer rounded half even; what cannot be read is left out. */
export const readSamples = (told: readonly SampledAt[]): ReadSamples => {
  const powerW = latestPower(told);
  const socPpm = latestCharge(told);
  return {
    readings: told.flatMap(registersOf),
    signed: told.flatMap(signedOf),
    ...(powerW === undefined ? {} : { powerW }),
    ...(socPpm === undefined ? {} : { socPpm }),
  };
};
