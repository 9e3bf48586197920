import { hold } from '../../failure.ts';
import { keyOf } from '../../session/records.ts';
import { text, whole } from '../../shape.ts';
import { changesOf, type Change, type Rule, type Step } from '../step.ts';

/**
 * Tampering with devices of sites: told by the site's own utility, each event once, numbered from 1 on without a gap. That an event
 * is written once is looked at with all records of that kind.
 */

const siteOf = ({ key, after }: Change): string =>
  `${text(after['utilityId'], key)}:${text(after['siteId'], key)}`;

const requireOwn = (step: Step, { key, after }: Change): void => {
  const { mspId } = step.records.get(keyOf.utility(text(after['utilityId'], key)));
  hold(mspId === step.maker, `${key} was told by ${step.maker}, whose site it is not`);
};

const requireEvent = (step: Step, change: Change): void => {
  const { key, after } = change;
  requireOwn(step, change);
  hold(
    key === `tamper:${siteOf(change)}:${text(after['eventId'], key)}`,
    `${key} is of another site or event`,
  );
  hold(after['recordedAtMs'] === step.atMs, `${key} has another time than its transaction`);
  const isCounted = changesOf(step, 'tamperCount').some((each) => siteOf(each) === siteOf(change));
  hold(isCounted, `${key} is not counted`);
};

/** The numbers that its events got are those behind the count before. */
const requireCount = (step: Step, change: Change): void => {
  const { key, before, after } = change;
  requireOwn(step, change);
  const from = before === undefined ? 0 : whole(before['count'], key);
  const numbers = changesOf(step, 'tamper')
    .filter((each) => siteOf(each) === siteOf(change))
    .map((each) => whole(each.after['number'], each.key))
    .sort((a, b) => a - b);
  hold(
    numbers.length > 0 && numbers.every((number, at) => number === from + at + 1),
    `${key}: its events are not numbered on from ${from}`,
  );
  hold(whole(after['count'], key) === from + numbers.length, `${key} counts other events than there are`);
};

export class Tampering implements Rule {
  events = 0;

  step(step: Step): void {
    for (const change of changesOf(step, 'tamper')) {
      requireEvent(step, change);
      this.events += 1;
    }
    for (const change of changesOf(step, 'tamperCount')) requireCount(step, change);
  }
}
