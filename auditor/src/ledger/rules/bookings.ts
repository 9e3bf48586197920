import { hold } from '../../failure.ts';
import type { JsonObject } from '../../json.ts';
import { text, whole } from '../../shape.ts';
import { changesOf, requireKept, type Change, type Rule, type Step } from '../step.ts';
import { requireParties } from './parties.ts';

/**
 * Outlets that are booked, slots of sites' power, and the notes that charge for both: a quarter-hour is one reservation's, given
 * back by that one alone; a slot of a site is recorded once; each is charged once, by a note of its own pair.
 */

const RESERVATION_STEPS: Readonly<Record<string, readonly string[]>> = {
  granted: ['used', 'cancelled', 'cancelled-late', 'no-show', 'expired'],
  'no-show': ['used'],
};
const CHARGED = ['used', 'cancelled-late', 'no-show'];
/** Whose outlet others may book for the rest of its time. */
const GIVEN_BACK = ['cancelled', 'cancelled-late', 'no-show'];
const NOTE_STEPS: Readonly<Record<string, readonly string[]>> = { accepted: ['netted'], netted: ['netted'] };

const QUARTER_MS = 900_000;

const stateOf = ({ after, key }: Change): string => text(after['state'], `the state of ${key}`);

const requireNow = (step: Step, { key, after }: Change, name: string): void => {
  hold(after[name] === step.atMs, `${key} has another time than its transaction`);
};

type Mark = 'chargeId' | 'givenChargeId';

/** Whether a note is of a record's pair: for what cars gave it is the other one that is owed. */
const isSamePair = (note: JsonObject, record: JsonObject, mark: Mark): boolean => {
  const [owed, owes] = mark === 'chargeId' ? (['vun', 'hun'] as const) : (['hun', 'vun'] as const);
  return (
    note['vun'] === record[owed] &&
    note['hun'] === record[owes] &&
    note['agreementId'] === record['agreementId']
  );
};

/** Whether a change puts something on a note; then the note is made in the same transaction, by the same pair. */
export const isCharged = (step: Step, change: Change, mark: Mark = 'chargeId'): boolean => {
  const { key, before, after } = change;
  const [from, to] = [before?.[mark], after[mark]];
  if (from === to) return false;
  hold(from === undefined, `${key} went from one note to another, or off its note`);
  const note = changesOf(step, 'charge').find((each) => each.after['chargeId'] === to);
  hold(note !== undefined && note.before === undefined, `${key} is charged by no note that is made with it`);
  hold(isSamePair(note.after, after, mark), `${key} is charged by a note of another pair`);
  return true;
};

/** Every quarter-hour that it touches is taken by it, and was nobody’s. */
const requireTaken = (step: Step, { key, after }: Change): void => {
  const id = text(after['reservationId'], key);
  const [fromMs, untilMs] = [whole(after['fromMs'], key), whole(after['untilMs'], key)];
  hold(fromMs < untilMs, `${key} is for no time`);
  const slots = new Map(changesOf(step, 'slot').map((slot) => [slot.key, slot]));
  for (let at = fromMs - (fromMs % QUARTER_MS); at < untilMs; at += QUARTER_MS) {
    const slot = slots.get(`slot:${text(after['evseId'], key)}:${at.toString().padStart(14, '0')}`);
    hold(slot?.after['reservationId'] === id, `${key} does not take the quarter-hour at ${at}`);
  }
};

const requireSlot = (step: Step, { key, before, after }: Change): void => {
  const [from, to] = [before?.['reservationId'], after['reservationId']];
  hold(from === undefined || to === undefined, `${key} went from one reservation to another`);
  const by = changesOf(step, 'reservation').find((each) => each.after['reservationId'] === (to ?? from));
  hold(by !== undefined, `${key} was changed by no reservation`);
  hold(by.after['evseId'] === after['evseId'], `${key} is another outlet than ${by.key} is for`);
  const isOf = to === undefined ? GIVEN_BACK.includes(stateOf(by)) : by.before === undefined;
  hold(
    isOf,
    `${key} was ${to === undefined ? 'given back' : 'taken'} by a reservation that is ${stateOf(by)}`,
  );
};

const requireReservation = (step: Step, change: Change): void => {
  const { key, before, after } = change;
  requireParties(step, after, key);
  if (before === undefined) {
    hold(stateOf(change) === 'granted' && after['chargeId'] === undefined, `${key} did not begin as granted`);
    requireNow(step, change, 'grantedAtMs');
    requireTaken(step, change);
    return;
  }
  const from = text(before['state'], `the state of ${key}`);
  if (isCharged(step, change)) {
    requireKept(change, ['chargeId']);
    hold(CHARGED.includes(from), `${key} was charged though it is ${from}`);
    return;
  }
  requireKept(change, ['state', 'useHash', 'changedAtMs']);
  const to = stateOf(change);
  hold(RESERVATION_STEPS[from]?.includes(to) === true, `${key} went from ${from} to ${to}`);
  hold(after['chargeId'] === undefined, `${key} went from ${from} to ${to} after it was charged`);
  hold(
    (after['useHash'] !== undefined) === (to === 'used'),
    `${key} is used by a session, or it is not used`,
  );
  requireNow(step, change, 'changedAtMs');
};

const requireAllocation = (step: Step, change: Change): void => {
  const { key, before, after } = change;
  requireParties(step, after, key);
  if (before !== undefined) {
    const marks = (['chargeId', 'givenChargeId'] as const).filter((mark) => isCharged(step, change, mark));
    hold(marks.length > 0, `${key} was changed by no note`);
    requireKept(change, marks);
    return;
  }
  const isFree = after['chargeId'] === undefined && after['givenChargeId'] === undefined;
  hold(isFree, `${key} began on a note`);
  requireNow(step, change, 'recordedAtMs');
  const own = `allocatedUntil:${text(after['vun'], key)}:${text(after['siteId'], key)}`;
  const until = changesOf(step, 'allocatedUntil').find((each) => each.key === own);
  const isToItsEnd = until !== undefined && until.after['untilMs'] === after['untilMs'];
  hold(isToItsEnd, `${key}: its site is not recorded until its end`);
  const last = until.before === undefined ? 0 : whole(until.before['untilMs'], own);
  hold(last <= whole(after['fromMs'], key), `${key} records slots that were recorded before`);
};

const requireUntil = (step: Step, { key, after }: Change): void => {
  const isOf = changesOf(step, 'allocation').some(
    (each) =>
      each.before === undefined &&
      each.after['vun'] === after['utilityId'] &&
      each.after['siteId'] === after['siteId'] &&
      each.after['untilMs'] === after['untilMs'] &&
      (after['hun'] === undefined || each.after['hun'] === after['hun']),
  );
  hold(isOf, `${key} was changed by no batch`);
};

const requireNote = (step: Step, change: Change): void => {
  const { key, before, after } = change;
  const to = stateOf(change);
  if (before !== undefined) {
    requireKept(change, ['state', 'nettingId']);
    const from = text(before['state'], `the state of ${key}`);
    hold(NOTE_STEPS[from]?.includes(to) === true, `${key} went from ${from} to ${to}`);
    return;
  }
  hold(after['vun'] !== after['hun'], `${key} says that somebody owes himself`);
  requireParties(step, after, key);
  hold(to === 'accepted', `${key} did not begin as accepted`);
  requireNow(step, change, 'issuedAtMs');
  const charges = (['reservation', 'allocation', 'flexSettlement'] as const).flatMap((kind) =>
    changesOf(step, kind),
  );
  const isForSomething = charges.some(({ after: charged }) =>
    [charged['chargeId'], charged['givenChargeId']].includes(after['chargeId']),
  );
  hold(isForSomething, `${key} charges for nothing`);
};

export class Bookings implements Rule {
  readonly reservations = new Map<string, number>();
  readonly notes = new Map<string, number>();
  allocations = 0;

  step(step: Step): void {
    for (const change of changesOf(step, 'reservation')) {
      requireReservation(step, change);
      count(this.reservations, change);
    }
    for (const change of changesOf(step, 'slot')) requireSlot(step, change);
    for (const change of changesOf(step, 'allocation')) {
      requireAllocation(step, change);
      if (change.before === undefined) this.allocations += 1;
    }
    for (const change of changesOf(step, 'allocatedUntil')) requireUntil(step, change);
    for (const change of changesOf(step, 'charge')) {
      requireNote(step, change);
      count(this.notes, change);
    }
  }
}

/** Keeps how many there are in each state. */
const count = (states: Map<string, number>, change: Change): void => {
  const add = (state: string, by: number): void => {
    states.set(state, (states.get(state) ?? 0) + by);
  };
  add(stateOf(change), 1);
  if (change.before !== undefined) add(text(change.before['state'], change.key), -1);
};
