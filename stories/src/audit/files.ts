import {
  auditBundle,
  auditCheckpoint,
  canonicalText,
  signedChainState,
  type AuditCheckpoint,
} from '@roamgrid/wire';
import type { Door } from './doors.ts';

/** An auditor's two files, as texts in their one form: docs/audit-bundle.md. */

const pathOf = ({ url }: Door): string => `${url}/auditor/v1`;

const stateAt = (door: Door, blocks?: number) => {
  const query = blocks === undefined ? '' : `?blocks=${blocks}`;
  return door.ask('GET', `${pathOf(door)}/checkpoint${query}`, undefined, signedChainState);
};

/**
 * The state of the chain that every utility that is asked vouches for: as far as the one that has read the least.
 * @throws Error when two of them have different chains
 */
export const makeCheckpoint = async (doors: readonly Door[]): Promise<AuditCheckpoint> => {
  const heights = await Promise.all(doors.map(async (door) => (await stateAt(door)).blocks));
  const least = Math.min(...heights);
  const states = await Promise.all(doors.map((door) => stateAt(door, least)));
  const [first] = states;
  if (first === undefined) throw new Error('a checkpoint needs utilities that sign it');
  const { signature: _first, ...state } = first;
  for (const { root, hash, channel, signature } of states)
    if (root !== state.root || hash !== state.hash || channel !== state.channel)
      throw new Error(`${signature.iss} has another chain of ${least} blocks than ${first.signature.iss}`);
  const signatures = states.map(({ signature }) => signature);
  return { format: 'roamgrid-checkpoint', version: 1, ...state, signatures };
};

export const checkpointText = (checkpoint: AuditCheckpoint): string =>
  canonicalText(auditCheckpoint, checkpoint);

/** One bill's file, from the first of the gateways that has the session's bodies. @throws what the last one said */
export const bundleText = async (
  doors: readonly Door[],
  sessionId: string,
  { blocks }: AuditCheckpoint,
): Promise<string> => {
  let refusal: unknown = new Error('a bundle needs a gateway to ask');
  for (const door of doors) {
    try {
      const url = `${pathOf(door)}/bundles/${sessionId}?blocks=${blocks}`;
      return canonicalText(auditBundle, await door.ask('GET', url, undefined, auditBundle));
    } catch (thrown) {
      refusal = thrown;
    }
  }
  throw refusal;
};
