import { hold } from '../../failure.ts';
import type { JsonObject } from '../../json.ts';
import { amount, list, object, text } from '../../shape.ts';
import { changesOf, requireKept, type Rule, type Step } from '../step.ts';

/** Payments: begun by a netting, each in the state that what was sent and what came make. */

const stateOf = (payment: JsonObject): string => {
  const receipts = list(payment['receipts'], 'receipts').map((each) => object(each, 'a receipt'));
  const sent = list(payment['sent'], 'sent').length;
  const owed = amount(payment['amountMicros'], 'a payment');
  let came = 0n;
  for (const each of receipts)
    if (each['state'] === 'counted') came += amount(each['amountMicros'], 'a receipt');
  if (came > 0n) return came < owed ? 'short' : came === owed ? 'confirmed' : 'doubled';
  if (sent > receipts.length) return 'sent';
  const last = receipts.at(-1)?.['state'];
  if (last === 'other-currency') return 'wrong-currency';
  if (last !== undefined && last !== 'counted') return 'reversed';
  return sent === 0 ? 'due' : 'sent';
};

export class Payments implements Rule {
  readonly states = new Map<string, number>();

  step(step: Step): void {
    for (const change of changesOf(step, 'payment')) {
      const { key, before, after } = change;
      const state = text(after['state'], `the state of ${key}`);
      if (before === undefined) {
        const netting = `netting:${text(after['nettingId'], `the netting of ${key}`)}`;
        const isBegun = changesOf(step, 'netting').some((each) => each.key === netting);
        hold(isBegun, `${key} was begun by no netting`);
      } else {
        requireKept(change, ['state', 'sent', 'receipts', 'confirmedAtMs']);
        const was = text(before['state'], `the state of ${key}`);
        this.states.set(was, (this.states.get(was) ?? 0) - 1);
      }
      hold(
        stateOf(after) === state,
        `${key} is said to be ${state}, and what was sent and came makes it ${stateOf(after)}`,
      );
      this.states.set(state, (this.states.get(state) ?? 0) + 1);
      const ids = list(after['receipts'], 'receipts').map((each) => object(each, 'a receipt')['receiptId']);
      hold(new Set(ids).size === ids.length, `${key} counts a receipt twice`);
    }
  }
}
