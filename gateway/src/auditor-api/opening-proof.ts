import {
  bodyHash,
  hashTree,
  NumberBits,
  parseSettled,
  sessionIdOf,
  type InclusionPath,
  type OpeningRecord,
  type ShownOpeningProof,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';

/** The root over texts in their order, and the way to it from one of them. */
export const pathOf = (
  texts: readonly string[],
  index: number,
): InclusionPath & { readonly root: string } => {
  const tree = hashTree(texts.map(bodyHash));
  return { ...tree.pathTo(index), root: tree.root };
};

/**
 * Open bodies that this utility has, by session id: of those that were settled, of its own stations' running sessions,
 * and of its own customers' that it was asked about before they charged.
 */
export const openBodies = async (
  db: Kysely<GatewayDb>,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  if (sessionIds.length === 0) return new Map();
  const [judged, charges, settled] = await Promise.all([
    db
      .selectFrom('judged_opening')
      .select(['session_id', 'body'])
      .where('session_id', 'in', sessionIds)
      .where('outcome', '=', 'good')
      .execute(),
    db
      .selectFrom('charge')
      .select(['session_id', 'open_body'])
      .where('session_id', 'in', sessionIds)
      .execute(),
    db
      .selectFrom('settled_session')
      .select(['session_id', 'body'])
      .where('session_id', 'in', sessionIds)
      .execute(),
  ]);
  return new Map([
    ...judged.map(({ session_id, body }) => [session_id, body] as const),
    ...charges.map(({ session_id, open_body }) => [session_id, open_body] as const),
    ...settled.map(({ session_id, body }) => [session_id, parseSettled(body).openText] as const),
  ]);
};

/** A running session's open body with the way to its opening's root, from the bodies of all sessions of that opening. */
export const runningOpening = async (
  db: Kysely<GatewayDb>,
  { laneId, slot, first, bits, root }: OpeningRecord,
  sessionId: string,
): Promise<{ readonly openBody?: string; readonly openingProof: ShownOpeningProof }> => {
  const ids = new NumberBits(first, bits).numbers().map((number) => sessionIdOf(laneId, number));
  const bodies = await openBodies(db, ids);
  const openBody = bodies.get(sessionId);
  if (openBody === undefined) return { openingProof: { state: 'absent', reason: 'not-a-party' } };
  const texts = ids.flatMap((id) => bodies.get(id) ?? []);
  if (texts.length < ids.length)
    return { openBody, openingProof: { state: 'absent', reason: 'bodies-missing' } };
  const { root: found, ...path } = pathOf(texts, ids.indexOf(sessionId));
  if (found !== root) return { openBody, openingProof: { state: 'absent', reason: 'root-differs' } };
  return { openBody, openingProof: { state: 'present', proof: { slot, ...path } } };
};
