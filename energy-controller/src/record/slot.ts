import { createHash, randomBytes } from 'node:crypto';
import type { Allocation, PowerState } from '@roamgrid/domain/power';
import { ALLOCATION_LIMITS, allocatedSlot, type AllocatedSlot, type SlotDecision } from '@roamgrid/wire';

/** A slot without what servers took and cars gave in it, which is known when their meters have signed it. */
export type DecidedSlot = Omit<AllocatedSlot, 'serversWh' | 'cars'>;
export const decidedSlot = allocatedSlot.omit({ serversWh: true, cars: true });

const LEDGER_ID = /^[\w.:*-]{1,64}$/;
const HASH_LENGTH = 40;

/** The id as the ledger takes it: what stands for devices that may be taking something is marked by two stars there. */
export const ledgerId = (id: string): string => {
  const marked = id.replaceAll('~', '**');
  return LEDGER_ID.test(marked)
    ? marked
    : `x-${createHash('sha256').update(id).digest('hex').slice(0, HASH_LENGTH)}`;
};

/** Whether a claim is one of a cabinet's, or stands for what that may be taking. */
const isOf = (claimId: string, loadIds: ReadonlySet<string>): boolean => {
  const [ofLoad = ''] = claimId.split('~');
  return [...loadIds].some((loadId) => ofLoad === loadId || ofLoad.startsWith(`${loadId}:`));
};

/** What servers may take by a decision, W. */
export const computeW = ({ claims, grants }: SlotDecision): bigint => {
  const compute = new Set(claims.flatMap(({ kind, claimId }) => (kind === 'compute' ? [claimId] : [])));
  return grants.reduce((sum, { claimId, grantedW }) => (compute.has(claimId) ? sum + grantedW : sum), 0n);
};

/**
 * A decision with what it was made on, as it is recorded: what contracts need to add it up, and nothing of who charges.
 * @param servers ids of the loads that are cabinets of servers
 */
export const slotOf = (
  slotMs: number,
  { sources, claims }: PowerState,
  { grants, sourceShares }: Allocation,
  servers: ReadonlySet<string>,
): DecidedSlot => {
  const granted = new Set(grants.map(({ claimId }) => claimId));
  const isAll = claims.length <= ALLOCATION_LIMITS.parts;
  return {
    slotMs,
    sources: sources.map(({ sourceId, kind, nodeId, availableW, store }) => ({
      ...{ sourceId: ledgerId(sourceId), kind, nodeId: ledgerId(nodeId), availableW },
      ...(store !== undefined && {
        store: { storedWh: store.storedWh, capacityWh: store.capacityWh, floorWh: store.floorWh },
      }),
    })),
    claims: claims
      .filter(({ claimId }) => isAll || granted.has(claimId))
      .map(({ claimId, kind, nodeId, maxW }) => ({
        ...{ claimId: ledgerId(claimId), nodeId: ledgerId(nodeId), maxW },
        kind: kind === 'circuit' && isOf(claimId, servers) ? 'compute' : kind,
      })),
    grants: grants.map(({ claimId, nodeId, grantedW, laneW }) => ({
      ...{ claimId: ledgerId(claimId), nodeId: ledgerId(nodeId), grantedW, laneW: [...laneW] },
    })),
    sourceShares: sourceShares.map(({ sourceId, kind, deliveredW, laneW, lossW }) => ({
      ...{ sourceId: ledgerId(sourceId), kind, deliveredW, lossW, laneW: [...laneW] },
    })),
    salt: randomBytes(32).toString('hex'),
  };
};

/** What a car may give by a decision, W. */
export const shareW = ({ sourceShares }: SlotDecision, carId: string): bigint =>
  sourceShares.find(({ sourceId, kind }) => sourceId === carId && kind === 'ev')?.deliveredW ?? 0n;

/** The most that a car may give by any decision of a slot, W. */
export const mostShareW = (slot: DecidedSlot, carId: string): bigint =>
  [slot, ...(slot.carsBy ?? [])]
    .map((decision) => shareW(decision, carId))
    .reduce((most, watts) => (watts > most ? watts : most), 0n);

const decisionOf = ({ sources, claims, grants, sourceShares }: SlotDecision): SlotDecision => ({
  ...{ sources, claims, grants, sourceShares },
});

const most = <T>(all: readonly T[], of: (each: T) => bigint): T | undefined =>
  all.reduce<T | undefined>(
    (best, each) => (best === undefined || of(each) > of(best) ? each : best),
    undefined,
  );

/**
 * Of the decisions that held in a slot those that are recorded: the one that leaves servers most, and, as many as are allowed, those in which a
 * car gave more than in it. What a car gave above its share in them is carried.
 * @param noted oldest first; the first one's secret stays
 */
export const mergeSlots = (
  noted: readonly [DecidedSlot, ...DecidedSlot[]],
  cars: readonly string[],
): DecidedSlot => {
  const all = noted.flatMap((slot) => [decisionOf(slot), ...(slot.carsBy ?? [])]);
  const base = most(all, computeW) ?? decisionOf(noted[0]);
  const carsBy: SlotDecision[] = [];
  for (const carId of cars.map(ledgerId)) {
    const best = most([base, ...carsBy, ...all], (decision) => shareW(decision, carId));
    if (best !== undefined && best !== base && !carsBy.includes(best)) carsBy.push(best);
  }
  return {
    ...{ slotMs: noted[0].slotMs, ...base, salt: noted[0].salt },
    ...(carsBy.length > 0 && { carsBy: carsBy.slice(0, ALLOCATION_LIMITS.decisions) }),
  };
};
