import { hold } from '../../failure.ts';
import { amount, text, whole } from '../../shape.ts';
import { changesOf, type Change, type Rule, type Step } from '../step.ts';
import type { JsonObject } from '../../json.ts';
import { requireParties } from './parties.ts';

/**
 * Energy credits: earned once by a recorded batch of a house, moved by one order at a time, the same Wh before and after, and only those
 * of whoever ordered it. That the order is his is looked at with all that is signed.
 */

type Span = readonly [fromWh: bigint, toWh: bigint];

const spanOf = (record: JsonObject, key: string): Span => {
  const [fromWh, toWh] = [amount(record['fromWh'], key), amount(record['toWh'], key)];
  hold(fromWh < toWh, `${key} holds nothing`);
  return [fromWh, toWh];
};

/** The Wh of some spans, those that touch as one. @throws Failed when one of them is in two */
const joined = (spans: readonly Span[], what: string): readonly Span[] => {
  const all: Span[] = [];
  for (const [fromWh, toWh] of spans.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const last = all.at(-1);
    hold(last === undefined || last[1] <= fromWh, `${what} has a Wh in two holdings`);
    if (last?.[1] === fromWh) all.splice(-1, 1, [last[0], toWh]);
    else all.push([fromWh, toWh]);
  }
  return all;
};

const byCredit = (changes: readonly Change[]): ReadonlyMap<string, readonly Change[]> => {
  const found = new Map<string, Change[]>();
  for (const change of changes) {
    const id = text(change.after['creditId'], change.key);
    found.set(id, [...(found.get(id) ?? []), change]);
  }
  return found;
};

const requireGrant = (step: Step, { key, after }: Change): void => {
  requireParties(step, after, key);
  hold(after['grantedAtMs'] === step.atMs, `${key} has another time than its transaction`);
  const number = whole(after['number'], key).toString().padStart(10, '0');
  const batch = step.records.get(`houseBatch:${text(after['houseRef'], key)}:${number}`);
  for (const name of ['vun', 'hun', 'agreementId'])
    hold(batch[name] === after[name], `${key} has another ${name} than its evidence`);
  const [holding, ...more] = changesOf(step, 'energyCredit');
  const isAll =
    more.length === 0 &&
    holding?.before === undefined &&
    holding?.after['creditId'] === after['creditId'] &&
    holding?.after['holder'] === after['holder'] &&
    holding?.after['fromWh'] === '0' &&
    holding.after['toWh'] === after['wh'];
  hold(isAll, `${key} did not become one holding of all of it`);
};

const requireMove = (step: Step, { key, after }: Change): void => {
  hold(after['movedAtMs'] === step.atMs, `${key} has another time than its transaction`);
  const { from, to } = after;
  let movedWh = 0n;
  for (const [id, changes] of byCredit(changesOf(step, 'energyCredit'))) {
    const befores: Span[] = [];
    const afters: Span[] = [];
    for (const { key: at, before, after: now } of changes) {
      if (before !== undefined) {
        hold(before['holder'] === from, `${at} was taken from whoever did not order it`);
        befores.push(spanOf(before, at));
      }
      const span = spanOf(now, at);
      afters.push(span);
      hold(now['holder'] === from || now['holder'] === to, `${at} went to somebody else`);
      if (now['holder'] === to) movedWh += span[1] - span[0];
    }
    const [was, is] = [joined(befores, id), joined(afters, id)];
    hold(
      was.length === is.length && was.every(([a, b], at) => is[at]?.[0] === a && is[at][1] === b),
      `${key}: ${id} has other Wh than before`,
    );
  }
  hold(movedWh > 0n && movedWh === amount(after['wh'], key), `${key} moved other Wh than it says`);
};

export class EnergyCredits implements Rule {
  moves = 0;

  step(step: Step): void {
    const [grants, moves] = [changesOf(step, 'creditGrant'), changesOf(step, 'creditMove')];
    hold(
      grants.length + moves.length === (changesOf(step, 'energyCredit').length === 0 ? 0 : 1),
      'energy credits were changed by no grant or order, or by several',
    );
    for (const grant of grants) requireGrant(step, grant);
    for (const move of moves) {
      requireMove(step, move);
      this.moves += 1;
    }
  }
}
