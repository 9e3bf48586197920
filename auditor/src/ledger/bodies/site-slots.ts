import { hexOf, utf8 } from '../../bytes.ts';
import { hold } from '../../failure.ts';
import { parseCanonical, type Json, type JsonObject } from '../../json.ts';
import type { Primitives } from '../../primitives.ts';
import { hashOf } from '../../session/verify.ts';
import { amount, list, object, text, whole } from '../../shape.ts';
import { rootOf } from '../../tree.ts';
import type { Change } from '../step.ts';

/** Slots in which a site divided its power, by their bodies: what was granted is what was delivered, and servers took no more than theirs. */

const MS_PER_HOUR = 3_600_000n;

export interface AllocationBodies {
  readonly header: string;
  /** Texts of the slots in their order. */
  readonly slots: readonly string[];
}

/** What a batch comes to. */
export interface AllocationSum {
  readonly energyWh: bigint;
  readonly totalMicros: bigint;
  readonly currency: string;
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

/** @returns what servers took in the slot, Wh */
const requireSlot = (value: Json, atMs: number, lengthMs: number, key: string): bigint => {
  const what = `${key}: the slot at ${atMs}`;
  const slot = object(value, what);
  hold(whole(slot['slotMs'], what) === atMs, `${what} is not in its place`);
  const grants = list(slot['grants'], what);
  const granted = sumOf(grants, 'grantedW', what);
  const delivered = sumOf(list(slot['sourceShares'], what), 'deliveredW', what);
  const lanes = Math.max(granted.length, delivered.length);
  for (let lane = 0; lane < lanes; lane += 1)
    hold(
      (granted[lane] ?? 0n) === (delivered[lane] ?? 0n),
      `${what}: what is granted on lane ${lane} is not what is delivered there`,
    );
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
  return serversWh;
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
  const energyWh = total(
    slots.map((each, at) => requireSlot(parseCanonical(each, key), fromMs + at * lengthMs, lengthMs, key)),
  );
  hold(
    amount(header['serversWh'], key) === energyWh,
    `${key}: its energy is not what servers took in its slots`,
  );
  return {
    energyWh,
    totalMicros: amount(header['totalMicros'], key),
    currency: text(header['currency'], key),
  };
};
