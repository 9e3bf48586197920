import { keyOf, thousandths, type Place } from '../booking/wish.ts';
import type { QuoteRequest } from './calls.ts';
import { onGrid, ownSlots, QUARTER_MS, type Booked, type Span } from './slots.ts';

/** What a driver wants a token for: from the fields of the form to what home is asked. */

export const WHENS = ['now', 'today', 'tomorrow'] as const;
/** Charge now, or later on which day. */
export type When = (typeof WHENS)[number];

/** The fields as they are typed and chosen. They stay when the page is drawn anew. */
export interface Draft {
  search: string;
  /** `vun stationId`. */
  place: string;
  evseId: string;
  when: When;
  /** Milliseconds, as the field's value; used when it is later. */
  start: string;
  hours: (typeof HOURS)[number];
  kWh: string;
  cinRef: string;
}

/** How long it may take. */
export const HOURS = ['1', '2', '3', '4', '6', '8', '12', '24'] as const;

export type Field = 'place' | 'evse' | 'start' | 'kWh';
/** What is wrong with a field; each is told in words. */
export type Fault = 'no-place' | 'no-outlet' | 'no-start' | 'outside-booking' | 'no-energy';
export const FIELD_OF: Readonly<Record<Fault, Field>> = {
  'no-place': 'place',
  'no-outlet': 'evse',
  'no-start': 'start',
  'outside-booking': 'start',
  'no-energy': 'kWh',
};

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];
/** Of a token. Spec: docs/offline/services.md. */
const MOST_WH = 200_000n;

export const firstDraft = (): Draft => ({
  ...{ search: '', place: '', evseId: '', when: 'now', start: '', hours: '3', kWh: '20', cinRef: '' },
});

/** A day of this phone, from midnight to midnight. */
const dayOf = (nowMs: number, when: When): Span => {
  const at = new Date(nowMs);
  const on = at.getDate() + (when === 'tomorrow' ? 1 : 0);
  const midnight = (day: number): number => new Date(at.getFullYear(), at.getMonth(), day).getTime();
  return { fromMs: midnight(on), untilMs: midnight(on + 1) };
};

type Chosen = Pick<Draft, 'when' | 'evseId'>;

/**
 * When charging may begin on the day that was chosen, in quarters of an hour that are not over; at an outlet that he has reserved for that day within
 * his own slots alone.
 */
export const startsOf = (
  { when, evseId }: Chosen,
  booked: readonly Booked[],
  nowMs: number,
): readonly number[] => {
  const day = dayOf(nowMs, when);
  const slots = ownSlots(booked, evseId, day);
  const spans = slots.length === 0 ? [day] : slots;
  return spans.flatMap(({ fromMs, untilMs }) => {
    const first = Math.max(fromMs, Math.ceil(nowMs / QUARTER_MS) * QUARTER_MS);
    const count = Math.max(0, Math.ceil((Math.min(untilMs, day.untilMs) - first) / QUARTER_MS));
    return Array.from({ length: count }, (_, at) => first + at * QUARTER_MS);
  });
};

/** The token's time; undefined when he has reserved the outlet that day, for another time. */
const windowOf = (
  draft: Draft,
  startMs: number,
  booked: readonly Booked[],
  nowMs: number,
): Span | undefined => {
  const wished = onGrid({ fromMs: startMs, untilMs: startMs + Number(draft.hours) * HOUR_MS });
  const day = dayOf(nowMs, draft.when);
  const slots = ownSlots(booked, draft.evseId, {
    ...day,
    untilMs: Math.max(day.untilMs, day.fromMs + DAY_MS),
  });
  if (slots.length === 0) return wished;
  const own = slots.find(({ fromMs, untilMs }) => startMs >= fromMs && startMs < untilMs);
  return own && { fromMs: wished.fromMs, untilMs: Math.min(wished.untilMs, own.untilMs) };
};

export interface Asked {
  readonly place: Place;
  readonly evseId: string;
  readonly request: Omit<QuoteRequest, 'requestId'>;
}

/** What is asked for by a draft, or what keeps it from being asked. */
export const askedFor = (
  draft: Draft,
  places: readonly Place[],
  booked: readonly Booked[],
  nowMs: number,
): Asked | { readonly faults: readonly [Fault, ...Fault[]] } => {
  const place = places.find((each) => keyOf(each) === draft.place);
  const outlet = place?.outlets.find(({ evseId }) => evseId === draft.evseId);
  const energyWh = thousandths(draft.kWh);
  const startMs = draft.when === 'now' ? nowMs : Number(draft.start);
  const span =
    draft.when !== 'now' && draft.start === '' ? undefined : windowOf(draft, startMs, booked, nowMs);
  const faults: Fault[] = [];
  if (place === undefined) faults.push('no-place');
  else if (outlet === undefined) faults.push('no-outlet');
  if (draft.when !== 'now' && (draft.start === '' || startMs + QUARTER_MS <= nowMs)) faults.push('no-start');
  else if (span === undefined) faults.push('outside-booking');
  if (energyWh === undefined || energyWh > MOST_WH) faults.push('no-energy');
  const [first, ...rest] = faults;
  if (first !== undefined) return { faults: [first, ...rest] };
  if (place === undefined || outlet === undefined || span === undefined || energyWh === undefined)
    throw new Error('unreachable');
  const { evseId } = outlet;
  return {
    ...{ place, evseId },
    request: {
      ...{ cinRef: draft.cinRef, vun: place.vun, audience: { kind: 'outlet', evseId }, ...span },
      ...{ energyWh: energyWh.toString(), sessions: 1 },
    },
  };
};
