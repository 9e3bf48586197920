import { hold } from '../../failure.ts';
import type { JsonObject } from '../../json.ts';
import { firstOf, numbersOf, partsOfLane } from '../../session/numbers.ts';
import { keyOf } from '../../session/records.ts';
import { text, whole } from '../../shape.ts';
import { changesOf, type Change, type Rule, type Step } from '../step.ts';
import { requireParties } from './parties.ts';

/**
 * Numbers of lanes: each is opened once, by an opening that has it, and ends once, after it was opened; so many are closed as the
 * batches have records.
 */

/** How many numbers of a lane there are, by what became of them. */
export interface LaneTally {
  opened: number;
  closed: number;
  voided: number;
  expired: number;
  /** Records in its batches. */
  billed: number;
}

type Numbers = ReadonlySet<number>;

const NOBODY: Numbers = new Set();

const numbersIn = (record: JsonObject | undefined, name: string): Numbers =>
  record === undefined
    ? NOBODY
    : new Set(numbersOf(firstOf(whole(record['range'], 'a range')), text(record[name], name)));

const added = (change: Change, name: string): readonly number[] => {
  const before = numbersIn(change.before, name);
  const after = numbersIn(change.after, name);
  for (const number of before) hold(after.has(number), `${change.key}: number ${number} was taken back`);
  return [...after].filter((number) => !before.has(number));
};

const laneIn = ({ after, key }: Change): string => text(after['laneId'], `the lane of ${key}`);

/** Numbers that a record over a root has, in their order. */
const committed = ({ after, key }: Change): readonly number[] => {
  const first = whole(after['first'], `${key}: first`);
  const numbers = numbersOf(first, text(after['bits'], `${key}: bits`));
  hold(numbers[0] === first, `${key} does not begin with its first number`);
  hold(numbers.length === after['count'], `${key} has another count than numbers`);
  return numbers;
};

const byLane = (
  changes: readonly Change[],
  numbersOfChange: (change: Change) => readonly number[],
): Map<string, number[]> => {
  const found = new Map<string, number[]>();
  for (const change of changes) {
    const lane = laneIn(change);
    found.set(lane, [...(found.get(lane) ?? []), ...numbersOfChange(change)]);
  }
  return found;
};

const inOrder = (numbers: readonly number[]): string => [...numbers].sort((a, b) => a - b).join(' ');

/** That the bits which a transaction set are the numbers of the records beside them. */
const requireSame = (
  marked: ReadonlyMap<string, readonly number[]>,
  stated: ReadonlyMap<string, readonly number[]>,
  what: string,
): void => {
  for (const lane of new Set([...marked.keys(), ...stated.keys()]))
    hold(
      inOrder(marked.get(lane) ?? []) === inOrder(stated.get(lane) ?? []),
      `${lane}: the numbers marked as ${what} are not those of what ${what} them`,
    );
};

/** Numbers of a lane that a transaction closed, ascending. */
export const closedBy = (step: Step, lane: string): readonly number[] =>
  changesOf(step, 'ends')
    .filter((change) => laneIn(change) === lane)
    .flatMap((change) => {
      const gone = new Set(added(change, 'gone'));
      return added(change, 'closed').filter((number) => !gone.has(number));
    })
    .sort((a, b) => a - b);

export class Lanes implements Rule {
  readonly tallies = new Map<string, LaneTally>();

  #tally(lane: string): LaneTally {
    const known = this.tallies.get(lane) ?? { opened: 0, closed: 0, voided: 0, expired: 0, billed: 0 };
    this.tallies.set(lane, known);
    return known;
  }

  step(step: Step): void {
    this.#open(step);
    const closed = this.#end(step);
    this.#batches(step, closed);
    requireSame(
      byLane(changesOf(step, 'claims'), (each) => added(each, 'bits')),
      byLane(changesOf(step, 'claim'), committed),
      'claimed',
    );
  }

  #open(step: Step): void {
    const openings = changesOf(step, 'opening');
    const marked = byLane(changesOf(step, 'opens'), (each) => added(each, 'bits'));
    requireSame(marked, byLane(openings, committed), 'opened');
    for (const [lane, numbers] of marked) this.#tally(lane).opened += numbers.length;
    for (const { after, key } of openings) {
      const { vun } = partsOfLane(text(after['laneId'], 'a lane'));
      const { mspId } = step.records.get(keyOf.utility(vun));
      hold(step.maker === mspId, `${key} was not made by the visited utility`);
      hold(after['atMs'] === step.atMs, `${key} has another time than its transaction`);
    }
  }

  /** How many numbers were closed, by lane. */
  #end(step: Step): ReadonlyMap<string, number> {
    const closed = new Map<string, number>();
    for (const change of changesOf(step, 'ends')) {
      const lane = laneIn(change);
      const tally = this.#tally(lane);
      const before = {
        closed: numbersIn(change.before, 'closed'),
        gone: numbersIn(change.before, 'gone'),
      };
      const newlyClosed = new Set(added(change, 'closed'));
      const newlyGone = new Set(added(change, 'gone'));
      const range = whole(change.after['range'], 'a range');
      const opened = numbersIn(step.records.find(keyOf.opens(lane, range)), 'bits');
      for (const number of new Set([...newlyClosed, ...newlyGone])) {
        hold(
          !before.closed.has(number) && !before.gone.has(number),
          `number ${number} of ${lane} ended twice`,
        );
        hold(opened.has(number), `number ${number} of ${lane} ended and was never opened`);
        if (!newlyGone.has(number)) {
          tally.closed += 1;
          closed.set(lane, (closed.get(lane) ?? 0) + 1);
        } else if (newlyClosed.has(number)) tally.expired += 1;
        else tally.voided += 1;
      }
    }
    return closed;
  }

  #batches(step: Step, closed: ReadonlyMap<string, number>): void {
    const left = new Map(closed);
    for (const change of changesOf(step, 'batch')) {
      const { before, after, key } = change;
      if (before !== undefined) continue;
      const lane = laneIn(change);
      const count = whole(after['toSequence'], key) - whole(after['fromSequence'], key) + 1;
      const { vun, hun } = partsOfLane(lane);
      hold(count >= 1, `${key} has no records`);
      hold(after['vun'] === vun && after['hun'] === hun, `${key} is of another pair than its lane`);
      hold(after['atMs'] === step.atMs, `${key} has another time than its transaction`);
      hold(after['invoiceId'] === undefined, `${key} was invoiced before it was settled`);
      requireParties(step, after, key);
      left.set(lane, (left.get(lane) ?? 0) - count);
      this.#tally(lane).billed += count;
    }
    for (const [lane, count] of left)
      hold(count === 0, `${lane}: another number of sessions was closed than the batch has records`);
  }

  end(): void {
    for (const [lane, { closed, billed }] of this.tallies)
      hold(closed === billed, `${lane}: ${closed} sessions are closed and ${billed} records are in batches`);
  }
}
