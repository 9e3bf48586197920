import type { bookingPlaces, bookingCards, driverBookingRequest, driverBookingTerms } from '@roamgrid/wire';
import type { z } from 'zod';

/** What a driver asks for: from the fields of the form to the wish that is told. */

export type Place = z.input<typeof bookingPlaces>['places'][number];
export type Card = z.input<typeof bookingCards>['cards'][number];
export type Terms = z.input<typeof driverBookingTerms>;
export type Wish = z.input<typeof driverBookingRequest>;
export type RankBy = NonNullable<Wish['rankBy']>[number];
/** What other stations can be ranked by first. */
export const RANKS = ['distance', 'price', 'time'] as const satisfies readonly RankBy[];

/** The fields as they are typed and chosen. They stay when the page is drawn anew. */
export interface Draft {
  search: string;
  /** `vun stationId`. */
  place: string;
  /** One outlet of it; any of them when empty. */
  evseId: string;
  /** Local date and time of this browser, as its field has it. */
  start: string;
  kWh: string;
  /** What the car takes at most. */
  kW: string;
  patienceMinutes: string;
  rankBy: (typeof RANKS)[number];
  cinRef: string;
}

export type Field = 'place' | 'start' | 'kWh' | 'kW';
/** What is wrong with a field; each is told in words. */
export type Fault = 'no-place' | 'no-start' | 'past' | 'no-energy' | 'too-long' | 'no-power';
export const FIELD_OF: Readonly<Record<Fault, Field>> = {
  'no-place': 'place',
  'no-start': 'start',
  past: 'start',
  'no-energy': 'kWh',
  'too-long': 'kWh',
  'no-power': 'kW',
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/**
 * The longest stay that can be booked whenever it begins: it may touch 32 quarter-hours. Spec: `BOOKING_LIMITS` of the wire, of which
 * pages load no code.
 */
export const LONGEST_MS = 31 * 15 * MINUTE_MS;
/** The least that a car charges with: 6 A at 230 V. Spec: IEC 61851-1. */
const LEAST_W = 1_380n;
/** Of a kilowatt-hour and a kilowatt that are typed, Wh and W. */
const MOST = 1_000_000n;

export const keyOf = ({ vun, stationId }: Pick<Place, 'vun' | 'stationId'>): string => `${vun} ${stationId}`;

/** The next full quarter-hour after the next half an hour, as a field of a form has it. */
export const firstStart = (nowMs: number): string => {
  const quarterMs = 15 * MINUTE_MS;
  const at = new Date(Math.ceil((nowMs + 2 * quarterMs) / quarterMs) * quarterMs);
  const two = (n: number): string => n.toString().padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`;
};

export const firstDraft = (nowMs: number): Draft => ({
  ...{ search: '', place: '', evseId: '', start: firstStart(nowMs), kWh: '30', kW: '50' },
  ...{ patienceMinutes: '0', rankBy: 'distance', cinRef: '' },
});

/** Thousandths of what was typed, up to three decimals; nothing when it is no number above zero and up to the bound. */
export const thousandths = (text: string): bigint | undefined => {
  const [, whole = '', decimals = ''] = /^(\d{1,7})(?:[.,](\d{0,3}))?$/.exec(text.trim()) ?? [];
  const value = BigInt(whole + decimals.padEnd(whole === '' ? 0 : 3, '0'));
  return value > 0n && value <= MOST ? value : undefined;
};

const least = (values: readonly bigint[]): bigint | undefined =>
  values.reduce<bigint | undefined>(
    (lowest, each) => (lowest === undefined || each < lowest ? each : lowest),
    undefined,
  );

/** What every outlet of a station gives, or one of them; nothing where it has none. */
export const leastPowerW = ({ outlets }: Place, evseId = ''): bigint | undefined =>
  least(
    outlets
      .filter((outlet) => evseId === '' || outlet.evseId === evseId)
      .map(({ maxPowerW }) => BigInt(maxPowerW)),
  );

const dividedUp = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;

/** How long an energy takes, ms, rounded up to whole minutes. */
const stayMs = (needWh: bigint, powerW: bigint): number =>
  Number(dividedUp(needWh * 60n, powerW)) * MINUTE_MS;

/** The least power that gives an energy in the longest stay, W, rounded up. */
const slowestW = (needWh: bigint): bigint => dividedUp(needWh * BigInt(HOUR_MS), BigInt(LONGEST_MS));

/** The wish without what tells it from others. */
export type Asked = Omit<Wish, 'requestId' | 'slow'>;

/** What is asked for by a draft, or what keeps it from being asked. */
export const askedFor = (
  draft: Draft,
  places: readonly Place[],
  nowMs: number,
): { readonly asked: Asked; readonly place: Place } | { readonly faults: readonly [Fault, ...Fault[]] } => {
  const place = places.find((each) => keyOf(each) === draft.place);
  const needWh = thousandths(draft.kWh);
  const carW = thousandths(draft.kW);
  const fromMs = new Date(draft.start).getTime();
  const faults: Fault[] = [];
  if (place === undefined) faults.push('no-place');
  if (Number.isNaN(fromMs)) faults.push('no-start');
  // Fields have whole minutes: the present one is now.
  else if (fromMs <= nowMs - MINUTE_MS) faults.push('past');
  if (needWh === undefined) faults.push('no-energy');
  if (carW === undefined) faults.push('no-power');
  // Where any outlet may be given, no more than every one of them gives.
  const outletW = place && leastPowerW(place, draft.evseId);
  const powerW = carW === undefined ? undefined : least([carW, ...(outletW === undefined ? [] : [outletW])]);
  if (needWh !== undefined && powerW !== undefined && stayMs(needWh, powerW) > LONGEST_MS)
    faults.push('too-long');
  const [first, ...rest] = faults;
  if (first !== undefined) return { faults: [first, ...rest] };
  if (place === undefined || needWh === undefined || powerW === undefined) throw new Error('unreachable');
  // Slower than this it would take longer than can be booked.
  const slowW = slowestW(needWh) > LEAST_W ? slowestW(needWh) : LEAST_W;
  const leastW = slowW < powerW ? slowW : powerW;
  const others = RANKS.filter((rank) => rank !== draft.rankBy);
  return {
    place,
    asked: {
      ...{ cinRef: draft.cinRef, vun: place.vun, stationId: place.stationId },
      ...(draft.evseId !== '' && { evseId: draft.evseId }),
      ...{ fromMs, untilMs: fromMs + stayMs(needWh, powerW) },
      patienceMs: Number(draft.patienceMinutes) * MINUTE_MS,
      ...{ powerW: powerW.toString(), leastW: leastW.toString(), needWh: needWh.toString() },
      rankBy: [draft.rankBy, ...others],
    },
  };
};
