import { hold } from '../../failure.ts';
import { keyOf } from '../../session/records.ts';
import { text, whole } from '../../shape.ts';
import { changesOf, requireKept, type Change, type Rule, type Step } from '../step.ts';
import { requireParties } from './parties.ts';

/**
 * Houses and what their panels told: registered by the home utility, batches numbered from 1 on, each naming the one before it and
 * beginning where that ended. Who signed them is looked at with all that is signed.
 */

const requireHouse = (step: Step, change: Change): void => {
  const { key, before, after } = change;
  requireParties(step, after, key);
  const { mspId } = step.records.get(keyOf.utility(text(after['hun'], key)));
  hold(mspId === step.maker, `${key} was registered by ${step.maker}, whose customer it is not`);
  if (before !== undefined) requireKept(change, ['panelKeys', 'bodyHash']);
};

const requireChain = (step: Step, { key, after }: Change): void => {
  const isOf = changesOf(step, 'houseBatch').some(
    (each) =>
      each.after['houseRef'] === after['houseRef'] &&
      each.after['number'] === after['number'] &&
      each.after['headerHash'] === after['headerHash'] &&
      each.after['untilMs'] === after['untilMs'],
  );
  hold(isOf, `${key} was changed by no batch`);
};

const requireBatch = (step: Step, { key, after }: Change): void => {
  requireParties(step, after, key);
  const houseRef = text(after['houseRef'], key);
  const number = whole(after['number'], key);
  hold(key === `houseBatch:${houseRef}:${number.toString().padStart(10, '0')}`, `${key} is another batch`);
  hold(after['recordedAtMs'] === step.atMs, `${key} has another time than its transaction`);
  const house = step.records.get(`house:${houseRef}`);
  for (const name of ['vun', 'hun', 'agreementId'])
    hold(house[name] === after[name], `${key} has another ${name} than its house`);
  const [fromMs, untilMs] = [whole(after['fromMs'], key), whole(after['untilMs'], key)];
  hold(
    fromMs < untilMs && untilMs <= whole(house['untilMs'], key),
    `${key} is for no time, or after its house’s`,
  );
  const chain = changesOf(step, 'houseChain').find((each) => each.after['houseRef'] === houseRef);
  hold(chain !== undefined && chain.after['number'] === number, `${key} is not the last of its house`);
  const { before } = chain;
  hold(number === (before === undefined ? 0 : whole(before['number'], key)) + 1, `${key} leaves a batch out`);
  hold(after['previousHash'] === before?.['headerHash'], `${key} names another batch before it`);
  const beginsMs = before?.['untilMs'] ?? fromMs;
  hold(
    fromMs === beginsMs && fromMs >= whole(house['fromMs'], key),
    `${key} does not begin where the batch before it ended`,
  );
};

export class Houses implements Rule {
  batches = 0;

  step(step: Step): void {
    for (const change of changesOf(step, 'house')) requireHouse(step, change);
    for (const change of changesOf(step, 'houseBatch')) {
      requireBatch(step, change);
      this.batches += 1;
    }
    for (const change of changesOf(step, 'houseChain')) requireChain(step, change);
  }
}
