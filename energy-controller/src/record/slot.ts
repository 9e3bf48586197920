import { createHash, randomBytes } from 'node:crypto';
import type { Allocation, PowerState } from '@roamgrid/domain/power';
import { ALLOCATION_LIMITS, allocatedSlot, type AllocatedSlot } from '@roamgrid/wire';

/** A slot without what servers took in it, which is known when their meters have signed it. */
export type DecidedSlot = Omit<AllocatedSlot, 'serversWh'>;
export const decidedSlot = allocatedSlot.omit({ serversWh: true });

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

/** What servers may take by a slot, W. */
export const computeW = ({ claims, grants }: DecidedSlot): bigint => {
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
