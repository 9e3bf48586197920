import { hold } from '../../failure.ts';
import { parseCanonical, type JsonObject } from '../../json.ts';
import type { Primitives } from '../../primitives.ts';
import { hashOf } from '../../session/verify.ts';
import { amount, list, object, text } from '../../shape.ts';
import { changesOf, type Change, type Step } from '../step.ts';
import { isLineOf, type DaySum } from './flexibility.ts';
import type { AllocationSum, EnergySum } from './site-slots.ts';

/** Charge notes by their bodies: over what they took on the ledger, at what that comes to, and not a micro more. */

/** What a reservation comes to by its ends, micros. */
export interface Fees {
  readonly currency: string;
  readonly feeMicros: bigint;
  readonly noShowMicros: bigint;
}

/** What was verified of what a note charges for; not of what was purged. */
export interface ChargedFor {
  readonly allocations: ReadonlyMap<string, AllocationSum>;
  readonly reservations: ReadonlyMap<string, Fees>;
  /** Houses' days, by `<houseId>:<dayMs>`. */
  readonly days: ReadonlyMap<string, DaySum>;
}

/** @throws Failed, Unreadable */
export const requireFees = (primitives: Primitives, { key, after }: Change, bodyText: string): Fees => {
  hold(hashOf(primitives, bodyText) === after['bodyHash'], `${key}: the body given is not its own`);
  const body = object(parseCanonical(bodyText, key), key);
  hold(body['reservationId'] === after['reservationId'], `${key}: its body is another’s`);
  return {
    currency: text(body['currency'], key),
    feeMicros: amount(body['feeMicros'], key),
    noShowMicros: amount(body['noShowMicros'], key),
  };
};

/** Kinds of items: what on the ledger each is for, and the mark there of the note that took it. */
const ITEMS = [
  { kind: 'reservation', of: 'reservation', ids: ['reservationId'], mark: 'chargeId' },
  { kind: 'compute', of: 'allocation', ids: ['batchId'], mark: 'chargeId' },
  { kind: 'v2l', of: 'allocation', ids: ['batchId'], mark: 'givenChargeId' },
  { kind: 'flexibility', of: 'flexSettlement', ids: ['houseId', 'dayMs'], mark: 'givenChargeId' },
] as const;

/** What an item, or what the note took for it, is called. */
const nameOf = (names: readonly string[], of: JsonObject): string =>
  names
    .map((name) => {
      const part = of[name];
      return typeof part === 'number' ? part.toString() : text(part, name);
    })
    .join(':');

const inOrder = (names: readonly string[]): string => [...names].sort().join();

/** Ids of what the note took in its transaction, in the one order. */
const taken = (step: Step, { of, ids, mark }: (typeof ITEMS)[number], chargeId: unknown): string =>
  inOrder(
    changesOf(step, of)
      .filter(({ before, after }) => after[mark] === chargeId && before?.[mark] !== chargeId)
      .map(({ after }) => nameOf(ids, after)),
  );

const dayOf = (item: JsonObject): string => nameOf(['houseId', 'dayMs'], item);

/** That a house's day stands on the note with all its lines that come to something, in their order. */
const requireDays = (items: readonly JsonObject[], days: ChargedFor['days'], what: string): void => {
  for (const name of new Set(items.map(dayOf))) {
    const stated = items.filter((item) => dayOf(item) === name);
    const owed = days.get(name)?.lines.filter((line) => amount(line['micros'], what) !== 0n);
    hold(
      owed === undefined ||
        (owed.length === stated.length && owed.every((line, at) => isLineOf(line, stated[at] ?? {}))),
      `${what}: ${name} comes to something else`,
    );
  }
};

/** Whether what the item is for could be judged. */
const requireItem = (
  step: Step,
  item: JsonObject,
  what: string,
  currency: string,
  { allocations, reservations, days }: ChargedFor,
): boolean => {
  const micros = amount(item['amountMicros'], what);
  if (item['kind'] === 'flexibility') {
    const day = days.get(dayOf(item));
    hold(day === undefined || day.currency === currency, `${what}: ${dayOf(item)} is in another currency`);
    return day !== undefined;
  }
  if (item['kind'] !== 'reservation') {
    const batch = allocations.get(text(item['batchId'], what));
    if (batch === undefined) return false;
    const sum: EnergySum = item['kind'] === 'v2l' ? batch.given : batch;
    hold(
      amount(item['energyWh'], what) === sum.energyWh &&
        micros === sum.totalMicros &&
        currency === batch.currency,
      `${what}: ${text(item['batchId'], what)} comes to something else`,
    );
    return true;
  }
  const id = text(item['reservationId'], what);
  const fees = reservations.get(id);
  if (fees === undefined) return false;
  const isUsed = step.records.get(`reservation:${id}`)['state'] === 'used';
  const owed = isUsed ? fees.feeMicros : fees.noShowMicros;
  hold(micros === owed && currency === fees.currency, `${what}: ${id} comes to something else`);
  return true;
};

/**
 * That a note's body is its own, is for what the note took on the ledger, and comes to its items. Whether all of them could be judged.
 * @throws Failed, Unreadable
 */
export const requireChargeBody = (
  primitives: Primitives,
  step: Step,
  { key, after }: Change,
  bodyText: string,
  verified: ChargedFor,
): boolean => {
  hold(hashOf(primitives, bodyText) === after['bodyHash'], `${key}: the body given is not its own`);
  const body = object(parseCanonical(bodyText, key), key);
  for (const name of ['chargeId', 'agreementId', 'vun', 'hun', 'periodId'])
    hold(body[name] === after[name], `${key}: its body’s ${name} is not its record’s`);
  const items = list(body['items'], key).map((each) => object(each, key));
  const named = ({ kind, ids }: (typeof ITEMS)[number]): readonly string[] => {
    const names = items.filter((item) => item['kind'] === kind).map((item) => nameOf(ids, item));
    // A day of a house has an item a line.
    return kind === 'flexibility' ? [...new Set(names)] : names;
  };
  hold(
    items.every((item) => ITEMS.some(({ kind }) => kind === item['kind'])) &&
      ITEMS.every((each) => inOrder(named(each)) === taken(step, each, after['chargeId'])),
    `${key}: its items are not what it took on the ledger`,
  );
  const energies = items.filter((item) => item['kind'] !== 'reservation' && item['line'] !== 'DR');
  const sum = (list: readonly JsonObject[], name: string): bigint =>
    list.reduce((all, item) => all + amount(item[name], key), 0n);
  hold(
    amount(body['payableMicros'], key) === sum(items, 'amountMicros') &&
      amount(body['energyWh'], key) === sum(energies, 'energyWh'),
    `${key}: it does not come to its items`,
  );
  requireDays(
    items.filter((item) => item['kind'] === 'flexibility'),
    verified.days,
    key,
  );
  const currency = text(body['currency'], key);
  return items.map((item) => requireItem(step, item, key, currency, verified)).every((isJudged) => isJudged);
};
