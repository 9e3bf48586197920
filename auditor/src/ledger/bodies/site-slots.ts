import { hexOf, utf8 } from '../../bytes.ts';
import { hold } from '../../failure.ts';
import { parseCanonical, type Json, type JsonObject } from '../../json.ts';
import type { Primitives } from '../../primitives.ts';
import { hashOf } from '../../session/verify.ts';
import { amount, list, object, perhaps, text, whole } from '../../shape.ts';
import { rootOf } from '../../tree.ts';
import type { Change } from '../step.ts';

/**
 * Slots in which a site divided its power, by their bodies: what was granted is what was delivered, servers took no more than theirs, and
 * cars gave no more than their shares.
 */

const MS_PER_HOUR = 3_600_000n;

export interface AllocationBodies {
  readonly header: string;
  /** Texts of the slots in their order. */
  readonly slots: readonly string[];
}

/** Energy, and what is owed for it. */
export interface EnergySum {
  readonly energyWh: bigint;
  readonly totalMicros: bigint;
}

/** What a batch comes to: what its servers took, and what cars gave. */
export interface AllocationSum extends EnergySum {
  readonly currency: string;
  readonly given: EnergySum;
}

const lanesOf = (part: JsonObject, what: string): readonly bigint[] =>
  list(part['laneW'], what).map((each) => amount(each, what));
const total = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, each) => sum + each, 0n);

/** Sums by lane of what was granted or delivered, whose lanes have to come to what is said of all of them. */
const sumOf = (parts: readonly Json[], whole: string, what: string): readonly bigint[] => {
  const sums: bigint[] = [];
  for (const each of parts) {
    const part = object(each, what);
    const lanes = lanesOf(part, what);
    hold(total(lanes) === amount(part[whole], what), `${what}: its lanes do not come to its ${whole}`);
    for (const [lane, valueW] of lanes.entries()) sums[lane] = (sums[lane] ?? 0n) + valueW;
  }
  return sums;
};

/** That on each lane what is delivered is what is granted. */
const requireDecision = (decision: JsonObject, what: string): void => {
  const granted = sumOf(list(decision['grants'], what), 'grantedW', what);
  const delivered = sumOf(list(decision['sourceShares'], what), 'deliveredW', what);
  const lanes = Math.max(granted.length, delivered.length);
  for (let lane = 0; lane < lanes; lane += 1)
    hold(
      (granted[lane] ?? 0n) === (delivered[lane] ?? 0n),
      `${what}: what is granted on lane ${lane} is not what is delivered there`,
    );
};

/** What each car gave in a slot, Wh: no more than the most that its share came to in any of the slot's decisions. */
const carsOf = (slot: JsonObject, lengthMs: number, what: string): ReadonlyMap<string, bigint> => {
  const further = perhaps(slot['carsBy'], what, list) ?? [];
  const decisions = [slot, ...further.map((each) => object(each, what))];
  for (const decision of decisions) requireDecision(decision, what);
  const shares = decisions
    .flatMap((decision) => list(decision['sourceShares'], what))
    .map((each) => object(each, what))
    .filter(({ kind }) => kind === 'ev');
  const given = new Map<string, bigint>();
  for (const each of perhaps(slot['cars'], what, list) ?? []) {
    const car = object(each, what);
    const id = text(car['sourceId'], what);
    const givenWh = amount(car['givenWh'], what);
    const most = shares
      .filter(({ sourceId }) => sourceId === id)
      .map((share) => amount(share['deliveredW'], what))
      .reduce((highest, watts) => (watts > highest ? watts : highest), 0n);
    hold(
      !given.has(id) && givenWh >= 0n && givenWh * MS_PER_HOUR <= most * BigInt(lengthMs),
      `${what}: ${id} gave more than its share`,
    );
    given.set(id, givenWh);
  }
  return given;
};

interface SlotSum {
  readonly serversWh: bigint;
  readonly cars: ReadonlyMap<string, bigint>;
}

const requireSlot = (value: Json, atMs: number, lengthMs: number, key: string): SlotSum => {
  const what = `${key}: the slot at ${atMs}`;
  const slot = object(value, what);
  hold(whole(slot['slotMs'], what) === atMs, `${what} is not in its place`);
  const cars = carsOf(slot, lengthMs, what);
  const grants = list(slot['grants'], what);
  const servers = new Set(
    list(slot['claims'], what)
      .map((each) => object(each, what))
      .filter(({ kind }) => kind === 'compute')
      .map(({ claimId }) => text(claimId, what)),
  );
  const serversW = total(
    grants
      .map((each) => object(each, what))
      .filter(({ claimId }) => servers.has(text(claimId, what)))
      .map((grant) => amount(grant['grantedW'], what)),
  );
  const serversWh = amount(slot['serversWh'], what);
  hold(
    serversWh >= 0n && serversWh * MS_PER_HOUR <= serversW * BigInt(lengthMs),
    `${what}: servers took more than they were granted`,
  );
  return { serversWh, cars };
};

/** That the header says of cars what its slots do, and sums up what it says. */
const requireGiven = (header: JsonObject, slots: readonly SlotSum[], key: string): EnergySum => {
  const sums = new Map<string, bigint>();
  for (const [id, givenWh] of slots.flatMap(({ cars }) => [...cars]))
    sums.set(id, (sums.get(id) ?? 0n) + givenWh);
  const given = perhaps(header['given'], key, object);
  const cars = given === undefined ? [] : list(given['cars'], key).map((each) => object(each, key));
  hold(
    cars.length === sums.size &&
      cars.every((car) => sums.get(text(car['sourceId'], key)) === amount(car['givenWh'], key)),
    `${key}: what cars gave is not what they gave in its slots`,
  );
  const totalMicros = total(cars.map((car) => amount(car['micros'], key)));
  hold(
    given === undefined || amount(given['totalMicros'], key) === totalMicros,
    `${key}: what is owed for cars does not come to its sum`,
  );
  return { energyWh: total([...sums.values()]), totalMicros };
};

/** @throws Failed, Unreadable */
export const requireAllocation = (
  primitives: Primitives,
  { key, after }: Change,
  { header: headerText, slots }: AllocationBodies,
): AllocationSum => {
  hold(hashOf(primitives, headerText) === after['headerHash'], `${key}: the header given is not its own`);
  const header = object(parseCanonical(headerText, key), key);
  for (const name of [
    ...['batchId', 'agreementId', 'vun', 'hun', 'siteId'],
    ...['fromMs', 'untilMs', 'merkleRoot'],
  ])
    hold(header[name] === after[name], `${key}: its header’s ${name} is not its record’s`);
  const root = rootOf(
    primitives,
    slots.map((each) => primitives.sha256(utf8(each))),
  );
  hold(hexOf(root) === after['merkleRoot'], `${key}: the slots given are not those under its root`);
  const [fromMs, lengthMs] = [whole(header['fromMs'], key), whole(header['slotMs'], key)];
  hold(
    slots.length === after['slots'] && whole(header['untilMs'], key) === fromMs + slots.length * lengthMs,
    `${key}: its slots are not as many as it says`,
  );
  const read = slots.map((each, at) =>
    requireSlot(parseCanonical(each, key), fromMs + at * lengthMs, lengthMs, key),
  );
  const energyWh = total(read.map(({ serversWh }) => serversWh));
  hold(
    amount(header['serversWh'], key) === energyWh,
    `${key}: its energy is not what servers took in its slots`,
  );
  return {
    energyWh,
    totalMicros: amount(header['totalMicros'], key),
    currency: text(header['currency'], key),
    given: requireGiven(header, read, key),
  };
};
