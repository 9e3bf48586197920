import { hold } from '../../failure.ts';
import { text, whole } from '../../shape.ts';
import { changesOf, requireKept, type Change, type Rule, type Step } from '../step.ts';
import { isCharged } from './bookings.ts';
import { requireParties } from './parties.ts';

/**
 * Houses that are paid for taking less and for what they give: a meter's days follow one another, an event is called before it begins and behind
 * the one before it, a day is settled once and charged once, and all of it by both parties.
 */

const DAY_MS = 86_400_000;

const requireNow = ({ atMs }: Step, { key, after }: Change, name: string): void =>
  hold(after[name] === atMs, `${key} has another time than its transaction`);

const requireBehind = (change: Change | undefined, untilMs: number, fromMs: number, key: string): void => {
  hold(change?.after['untilMs'] === untilMs, `${key}: what follows would not know where it ended`);
  const last = change.before === undefined ? 0 : whole(change.before['untilMs'], key);
  hold(last <= fromMs, `${key} lies before the end of what was recorded already`);
};

/** Days of one house in a transaction, the first one behind what was recorded before. */
const requireDays = (step: Step): void => {
  const houses = new Map<string, Change[]>();
  for (const change of changesOf(step, 'flexDay')) {
    requireParties(step, change.after, change.key);
    requireNow(step, change, 'recordedAtMs');
    const houseId = text(change.after['houseId'], change.key);
    houses.set(houseId, [...(houses.get(houseId) ?? []), change]);
  }
  for (const [houseId, days] of houses) {
    const starts = days.map(({ key, after }) => whole(after['dayMs'], key)).sort((one, other) => one - other);
    const [fromMs = 0] = starts;
    hold(
      starts.every((dayMs, at) => dayMs === fromMs + at * DAY_MS),
      `a day of ${houseId} is left out`,
    );
    const until = changesOf(step, 'flexUntil').find(({ after }) => after['houseId'] === houseId);
    requireBehind(until, fromMs + starts.length * DAY_MS, fromMs, `the days of ${houseId}`);
    hold(
      until?.before === undefined || until.before['untilMs'] === fromMs,
      `a day of ${houseId} is left out`,
    );
    const latestMs = fromMs + starts.length * DAY_MS;
    hold(latestMs <= step.atMs + DAY_MS, `a day of ${houseId} is recorded before it is over`);
  }
};

const requireUntil = (step: Step, { key, after }: Change): void =>
  hold(
    changesOf(step, 'flexDay').some((day) => day.after['houseId'] === after['houseId']),
    `${key} was changed by no day`,
  );

const requireEvent = (step: Step, change: Change): void => {
  const { key, after } = change;
  requireParties(step, after, key);
  requireNow(step, change, 'calledAtMs');
  const [fromMs, untilMs] = [whole(after['fromMs'], key), whole(after['untilMs'], key)];
  hold(step.atMs < fromMs && fromMs < untilMs, `${key} was called when it had begun`);
  const own = ['agreementId', 'vun', 'hun'];
  const called = changesOf(step, 'flexCalled').find((each) =>
    own.every((name) => each.after[name] === after[name]),
  );
  requireBehind(called, untilMs, fromMs, key);
};

const requireCalled = (step: Step, { key, after }: Change): void =>
  hold(
    changesOf(step, 'flexEvent').some((event) => event.after['untilMs'] === after['untilMs']),
    `${key} was changed by no event`,
  );

const requireSettlement = (step: Step, change: Change): void => {
  const { key, before, after } = change;
  requireParties(step, after, key);
  if (before !== undefined) {
    hold(isCharged(step, change, 'givenChargeId'), `${key} was changed by no note`);
    requireKept(change, ['givenChargeId']);
    return;
  }
  hold(after['givenChargeId'] === undefined, `${key} began on a note`);
  requireNow(step, change, 'settledAtMs');
  const day = step.records.get(key.replace('flexSettlement:', 'flexDay:'));
  for (const name of ['houseId', 'agreementId', 'vun', 'hun', 'dayMs'])
    hold(day[name] === after[name], `${key}: its day’s ${name} is another one`);
};

export class Flexibility implements Rule {
  step(step: Step): void {
    for (const { key, after } of changesOf(step, 'flexHouse')) requireParties(step, after, key);
    requireDays(step);
    for (const change of changesOf(step, 'flexUntil')) requireUntil(step, change);
    for (const change of changesOf(step, 'flexEvent')) requireEvent(step, change);
    for (const change of changesOf(step, 'flexCalled')) requireCalled(step, change);
    for (const change of changesOf(step, 'flexSettlement')) requireSettlement(step, change);
  }
}
