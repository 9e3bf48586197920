import { z } from 'zod';

/** A charging profile in no version’s words. Spec: OCPP 1.6 §3.13, OCPP 2.0.1 part 2 §K. */

const instantMs = z.int().min(0).max(8_640_000_000_000_000);
/** Limits have one decimal place in every version. */
const tenths = z.int().min(0).max(100_000_000);

const period = z.strictObject({
  /** Seconds from the schedule’s start. */
  startS: z.int().min(0).max(31_536_000),
  /** Tenths of the schedule’s unit. */
  limitTenths: tenths,
  phases: z.int().min(1).max(3).optional(),
});

export const chargingProfile = z.strictObject({
  profileId: z.int().min(1).max(2_147_483_647),
  stackLevel: z.int().min(0).max(1_000),
  purpose: z.enum(['station-max', 'transaction-default', 'transaction']),
  kind: z.enum(['absolute', 'daily', 'weekly', 'relative']),
  validFromMs: instantMs.optional(),
  validToMs: instantMs.optional(),
  /** As the station numbers it. */
  transactionId: z.string().min(1).max(36).optional(),
  unit: z.enum(['A', 'W']),
  startMs: instantMs.optional(),
  durationS: z.int().min(1).max(31_536_000).optional(),
  minTenths: tenths.optional(),
  periods: z.array(period).min(1).max(1_024),
});
export type ChargingProfile = z.output<typeof chargingProfile>;

const DAY_S = 86_400;
const RECURS_S = { daily: DAY_S, weekly: 7 * DAY_S } as const;
/** Below this a vehicle charges nothing, and above none there is a pause. Spec: IEC 61851-1. */
const LEAST_AMPERE_TENTHS = 60;

interface Asked {
  readonly evse: number;
  readonly profile: ChargingProfile;
}

const periodFaults = ({ unit, periods, durationS }: ChargingProfile): readonly string[] => [
  ...(periods[0]?.startS === 0 ? [] : ['the first period begins with the schedule, at 0 s']),
  ...(periods.every(({ startS }, at) => at === 0 || startS > (periods[at - 1]?.startS ?? 0))
    ? []
    : ['each period begins after the one before it']),
  ...(durationS === undefined || (periods.at(-1)?.startS ?? 0) < durationS
    ? []
    : ['the last period begins after the schedule has ended']),
  ...(unit === 'A' && periods.some(({ limitTenths }) => limitTenths > 0 && limitTenths < LEAST_AMPERE_TENTHS)
    ? ['a limit is 0 A, which is a pause, or at least 6 A: below it no vehicle charges']
    : []),
];

const timeFaults = ({
  kind,
  startMs,
  durationS,
  validFromMs,
  validToMs,
}: ChargingProfile): readonly string[] => [
  ...(validFromMs !== undefined && validToMs !== undefined && validToMs <= validFromMs
    ? ['it is valid until a time that is not after the one from which it is']
    : []),
  ...(kind === 'relative' && startMs !== undefined
    ? ['a relative profile begins with the transaction and names no time']
    : []),
  ...(kind !== 'relative' && startMs === undefined ? [`a profile that is ${kind} names when it begins`] : []),
  ...((kind === 'daily' || kind === 'weekly') && durationS !== undefined && durationS > RECURS_S[kind]
    ? ['it lasts longer than the time after which it begins again']
    : []),
];

const placeFaults = ({ evse, profile: { purpose, kind, transactionId } }: Asked): readonly string[] => [
  ...(purpose === 'station-max' && evse !== 0 ? ['a limit of the station is set at outlet 0'] : []),
  ...(purpose === 'station-max' && kind === 'relative'
    ? ['a limit of the station depends on no transaction and is not relative']
    : []),
  ...(purpose === 'transaction' && (evse === 0 || transactionId === undefined)
    ? ['a profile of a transaction names its outlet and the transaction']
    : []),
  ...(purpose !== 'transaction' && transactionId !== undefined
    ? ['only a profile of a transaction names one']
    : []),
];

/** What is wrong with a profile for an outlet, before any station is asked; empty when nothing is. */
export const profileFaults = (asked: Asked): readonly string[] => [
  ...periodFaults(asked.profile),
  ...timeFaults(asked.profile),
  ...placeFaults(asked),
];
