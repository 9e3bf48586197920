import { setTimeout as sleep } from 'node:timers/promises';
import { startOne, stopOne, type NetworkNode, type NetworkPaths } from '@roamgrid/test-network/native';
import type { Part } from '@roamgrid/utility';
import type { UtilityDefinition } from './consortium.ts';
import { partName } from './utility.ts';

/** Fabric's programs are no children of whoever starts them again: that one is gone is looked for. */
const LOOK_EVERY_MS = 100;

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function endOf(pid: number): Promise<string> {
  while (isThere(pid)) await sleep(LOOK_EVERY_MS);
  return `process ${pid} is gone`;
}

/** Such as `usduk/peer`, `usduk/chaincode`, `auditor/peer`, `ordering/duke-energy`. */
export function nativePartName(
  { kind, organisation }: NetworkNode,
  utilities: readonly UtilityDefinition[],
): string {
  if (kind === 'orderer') return `ordering/${organisation.id.replace(/^ordering-/, '')}`;
  const utility = utilities.find(({ mspId }) => mspId === organisation.mspId);
  return partName(utility?.utilityId ?? organisation.id, kind);
}

/** A peer, orderer or chaincode process of a native network that came up, as a part that is started again by itself. */
export const nativePart = (name: string, { id }: NetworkNode, paths: NetworkPaths): Part => ({
  name,
  start: async () => {
    const pid = await startOne(id, { paths });
    return { pids: [pid], ended: endOf(pid), stop: () => stopOne(id, { paths }) };
  },
});
