import { err, ok, resolveZone, type Result } from '@roamgrid/domain';
import { encodeCbor, isBytes, isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';
import { readOperatorWord, type Operator, type WordError } from '../charger/utility-words.ts';
import { sign1 } from '../cose/sign1.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { DRIVER_BYTES } from './driver.ts';

/**
 * What holds at one outlet, by the word of the utility that operates it. Phones carry it; a later version replaces an earlier one and holds from then
 * on. Spec: SECURE-6, SECURE-14.
 */
export interface PlaceRules {
  readonly evseId: string;
  /** Rises with each word for this outlet; a charger never goes back. */
  readonly version: number;
  readonly kind: PlaceKind;
  /** What a token's price must be; `free` where nobody pays, `quoted` where whatever was agreed to holds. */
  readonly price: PlacePrice | 'free' | 'quoted';
  /** IANA name or offset: days and hours are those of the place. */
  readonly zone: string;
  /** When a session may begin; always where there are none. */
  readonly hours: readonly OpenHours[];
  /** Of one driver, on a day of the place. */
  readonly sessionsADay: number | null;
  /** Seconds. */
  readonly longestS: number | null;
  /** The location groups that the outlet belongs to. */
  readonly groupIds: readonly string[];
  /** Of a private outlet: whose it is, by the names of their phones there (`driverAt`); then nobody asks for its location. */
  readonly drivers: readonly Uint8Array[];
  /** Whether it is for who has reserved it alone. */
  readonly reservations: boolean;
  /** What may flow from a session's begin on; all that the outlet has where there is nothing. */
  readonly profile: PlaceProfile | null;
  /** What the utility wants to know of the charger (`Query`). */
  readonly queries: readonly string[];
}

export const PLACE_KINDS = ['public-all', 'public-shared', 'private'] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

export interface PlacePrice {
  readonly currency: string;
  readonly microsPerKWh: bigint;
  readonly microsPerHour: bigint;
  readonly microsPerSession: bigint;
}

/** From a minute of a day to just before another; over midnight where that is not later. */
export interface OpenHours {
  /** Days on which it opens: 1 for Monday, 2 for Tuesday, 4 for Wednesday … added up. */
  readonly days: number;
  readonly fromMinute: number;
  readonly untilMinute: number;
}

/** Spec: SECURE-9; a charging profile as OCPP has them, relative to a session's begin. */
export interface PlaceProfile {
  readonly durationS: number;
  readonly periods: readonly { readonly offsetS: number; readonly limitW: bigint }[];
}

/** What holds where nobody has said anything. */
export const rulesBeforeAny = (evseId: string, groupIds: readonly string[]): PlaceRules => ({
  ...{ evseId, version: 0, kind: 'public-all', price: 'quoted', zone: 'UTC', hours: [], groupIds },
  ...{ sessionsADay: null, longestS: null, drivers: [], reservations: false, profile: null, queries: [] },
});

const PURPOSE = 'roamgrid-place';
const [MOST_ROWS, MOST_MINUTE, ALL_DAYS, MOST_DAILY] = [64, 1_440, 127, 96];

export const signPlaceRules = (rules: PlaceRules, signer: Signer): Promise<Uint8Array> => {
  const { price, profile } = rules;
  const priced: CborValue =
    typeof price === 'string'
      ? price
      : [price.currency, price.microsPerKWh, price.microsPerHour, price.microsPerSession];
  const hours = rules.hours.map(({ days, fromMinute, untilMinute }) => [days, fromMinute, untilMinute]);
  const periods = profile?.periods.map(({ offsetS, limitW }): CborValue => [offsetS, limitW]);
  const content: CborValue = [
    ...[PURPOSE, rules.evseId, rules.version, rules.kind, priced, rules.zone, hours],
    ...[rules.sessionsADay, rules.longestS, [...rules.groupIds], [...rules.drivers], rules.reservations],
    profile === null ? null : [profile.durationS, periods ?? []],
    [...rules.queries],
  ];
  return sign1(encodeCbor(content), signer);
};

/** All of a list, or undefined when one of it is not as it should be, or there are too many. */
const all = <T>(
  value: CborValue | undefined,
  read: (item: CborValue) => T | undefined,
): readonly T[] | undefined => {
  const items = itemsOf(value).map(read);
  const good = items.filter((item) => item !== undefined);
  return Array.isArray(value) && good.length === items.length && items.length <= MOST_ROWS ? good : undefined;
};

const text = (item: CborValue): string | undefined => (typeof item === 'string' ? item : undefined);

const readHours = (item: CborValue): OpenHours | undefined => {
  const [days, fromMinute, untilMinute] = itemsOf(item);
  if (!isWhole(days, 1) || !isWhole(fromMinute) || !isWhole(untilMinute)) return undefined;
  if (days > ALL_DAYS || fromMinute >= MOST_MINUTE || untilMinute > MOST_MINUTE) return undefined;
  return { days, fromMinute, untilMinute };
};

const readPrice = (value: CborValue | undefined): PlaceRules['price'] | undefined => {
  if (value === 'free' || value === 'quoted') return value;
  const [currency, byEnergy, byTime, bySession] = itemsOf(value);
  if (typeof currency !== 'string' || !isWhole(byEnergy) || !isWhole(byTime) || !isWhole(bySession))
    return undefined;
  return {
    ...{ currency, microsPerKWh: BigInt(byEnergy), microsPerHour: BigInt(byTime) },
    microsPerSession: BigInt(bySession),
  };
};

const readProfile = (value: CborValue | undefined): PlaceProfile | undefined => {
  const [durationS, rows] = itemsOf(value);
  const periods = all(rows, (row) => {
    const [offsetS, limit] = itemsOf(row);
    return isWhole(offsetS) && isWhole(limit) ? { offsetS, limitW: BigInt(limit) } : undefined;
  });
  return isWhole(durationS, 1) && periods !== undefined ? { durationS, periods } : undefined;
};

const atLeastOne = (value: CborValue | undefined, most = Infinity): number | null | undefined =>
  value === null ? null : isWhole(value, 1) && value <= most ? value : undefined;

const readRules = (items: readonly CborValue[]): PlaceRules | undefined => {
  const [purpose, evseId, version, said, priced, zone, open, daily, longest] = items;
  const [groups, keys, reservations, flows, asked] = items.slice(9);
  if (purpose !== PURPOSE || typeof evseId !== 'string' || !isWhole(version, 1)) return undefined;
  const kind = PLACE_KINDS.find((one) => one === said);
  const [price, hours] = [readPrice(priced), all(open, readHours)];
  if (kind === undefined || price === undefined || hours === undefined || typeof zone !== 'string')
    return undefined;
  const [sessionsADay, longestS] = [atLeastOne(daily, MOST_DAILY), atLeastOne(longest)];
  const [groupIds, queries] = [all(groups, text), all(asked, text)];
  const drivers = all(keys, (key) => (isBytes(key) && key.length === DRIVER_BYTES ? key : undefined));
  const profile = flows === null ? null : readProfile(flows);
  if (sessionsADay === undefined || longestS === undefined || groupIds === undefined) return undefined;
  if (drivers === undefined || queries === undefined || profile === undefined) return undefined;
  if (typeof reservations !== 'boolean' || !resolveZone(zone, 0, 0).ok) return undefined;
  return {
    ...{ evseId, version, kind, price, zone, hours, sessionsADay, longestS, groupIds, drivers },
    ...{ reservations, profile, queries },
  };
};

export type PlaceWordError = WordError | { readonly code: 'PLACE_WORD_OLDER'; readonly message: string };

/** Of a word that is of this version and no later one. */
export const olderWord = (hasVersion: number): Result<never, PlaceWordError> =>
  err({ code: 'PLACE_WORD_OLDER', message: `the charger has version ${hasVersion} already` });

/** Takes rules that a phone brought: of the operating utility, for this outlet, and later than what holds. */
export const takePlaceRules = async (
  bytes: Uint8Array,
  operator: Operator,
  has: Pick<PlaceRules, 'evseId' | 'version'>,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<PlaceRules, PlaceWordError>> => {
  const word = await readOperatorWord(bytes, operator, suite);
  if (!word.ok) return word;
  const rules = readRules(word.value);
  if (rules === undefined)
    return err({ code: 'WORD_MALFORMED', message: 'it has no rules that are understood here' });
  if (rules.evseId !== has.evseId)
    return err({ code: 'WORD_FOR_OTHER_CHARGER', message: 'it is for another charger' });
  return rules.version > has.version ? ok(rules) : olderWord(has.version);
};
