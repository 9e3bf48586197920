import { err, ok, type Result } from '@roamgrid/domain';
import { encodeCbor, isBytes, isWhole, itemsOf } from '../cbor/cbor.ts';
import { readOperatorWord, type Operator } from '../charger/utility-words.ts';
import { sign1 } from '../cose/sign1.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { olderWord, type PlaceProfile, type PlaceWordError } from './rules.ts';
import { SLOT_S } from './slots.ts';
import { UNAVAILABLE_LIMITS } from './unavailable.ts';

/** How much the chargers of a site may give in each quarter of an hour, by the word of their utility: one calendar for all. Spec: SECURE-8. */
export interface CapCalendar {
  readonly version: number;
  /** Whom it is for: all chargers of the site. */
  readonly chargers: readonly string[];
  /** Where the first quarter of an hour begins, seconds since 1970, UTC. */
  readonly fromS: number;
  /** What an ampere is there, W: volts, times phases. */
  readonly wattsPerAmp: number;
  /** By quarter of an hour, whole steps of 15 A. After the last one nothing is said. */
  readonly amps: readonly number[];
}

/** A profile whose begin is an instant, where a place's own begins with each session. Spec: OCPP 2.0.1, chargingProfileKind Absolute. */
export interface CapProfile extends PlaceProfile {
  /** Seconds since 1970, UTC. */
  readonly fromS: number;
}

export const CAP_STEP_A = 15;
/** 3,825 A; 48 h; 1 kV three times. */
const [MOST_STEPS, MOST_QUARTERS, MOST_WATTS] = [255, 192, 3_000];
const PURPOSE = 'roamgrid-caps';

export const NO_CAPS: CapCalendar = { version: 0, chargers: [], fromS: 0, wattsPerAmp: 0, amps: [] };

const isStep = (amps: number): boolean =>
  amps % CAP_STEP_A === 0 && amps >= CAP_STEP_A && amps <= CAP_STEP_A * MOST_STEPS;

/** @throws RangeError for what no charger takes: a fault of the utility */
export const signCapCalendar = (
  { version, chargers, fromS, wattsPerAmp, amps }: CapCalendar,
  signer: Signer,
): Promise<Uint8Array> => {
  if (!amps.every(isStep) || amps.length === 0 || amps.length > MOST_QUARTERS)
    throw new RangeError(`1 to ${MOST_QUARTERS} quarters of an hour, each in steps of ${CAP_STEP_A} A`);
  const steps = Uint8Array.from(amps, (each) => each / CAP_STEP_A);
  return sign1(encodeCbor([PURPOSE, version, [...chargers], fromS, wattsPerAmp, steps]), signer);
};

/** Takes a calendar that a phone or a neighbour brought: of the operating utility, for this charger's site, later than what holds, and not over. */
export const takeCapCalendar = async (
  bytes: Uint8Array,
  operator: Operator,
  has: {
    readonly evseId: string;
    readonly version: number;
    /** Seconds since 1970; undefined while the time is not known. */
    readonly nowS?: number | undefined;
  },
  suite: Pick<Suite, 'verify'>,
): Promise<Result<CapCalendar, PlaceWordError>> => {
  const word = await readOperatorWord(bytes, operator, suite);
  if (!word.ok) return word;
  const [purpose, version, names, fromS, wattsPerAmp, steps] = word.value;
  const chargers = itemsOf(names).filter((name) => typeof name === 'string');
  const isGood =
    purpose === PURPOSE && chargers.length === itemsOf(names).length && isBytes(steps) && !steps.includes(0);
  if (!isGood || !isWhole(version, 1) || !isWhole(fromS) || !isWhole(wattsPerAmp, 1))
    return err({ code: 'WORD_MALFORMED', message: 'it is no calendar of caps' });
  if (fromS % SLOT_S !== 0 || wattsPerAmp > MOST_WATTS || steps.length === 0 || steps.length > MOST_QUARTERS)
    return err({ code: 'WORD_MALFORMED', message: 'it is not of quarters of an hour, or too long' });
  if (chargers.length > UNAVAILABLE_LIMITS.chargers)
    return err({ code: 'WORD_MALFORMED', message: 'it is for too many chargers' });
  if (!chargers.includes(has.evseId))
    return err({ code: 'WORD_FOR_OTHER_CHARGER', message: 'it is for another site' });
  if (version <= has.version) return olderWord(has.version);
  if (has.nowS !== undefined && fromS + steps.length * SLOT_S <= has.nowS)
    return err({ code: 'WORD_TOO_LATE', message: 'all of its quarters of an hour are over' });
  const amps = Array.from(steps, (each) => each * CAP_STEP_A);
  return ok({ version, chargers, fromS, wattsPerAmp, amps });
};

/** The calendar as outlets follow it; undefined for one that says nothing. */
export const capProfile = ({ fromS, wattsPerAmp, amps }: CapCalendar): CapProfile | undefined => {
  if (amps.length === 0) return undefined;
  const periods = amps.flatMap((each, at) =>
    each === amps[at - 1] ? [] : [{ offsetS: at * SLOT_S, limitW: BigInt(each * wattsPerAmp) }],
  );
  return { fromS, durationS: amps.length * SLOT_S, periods };
};
