import type { GapReport } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';

export interface CarriedRange {
  readonly vun: string;
  readonly hun: string;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/**
 * Numbers that a pair's ranges leave out, from 1 to the highest. A missing CDR shows here: it has no batch, and the
 * contract lets no later number take its place.
 * @param ranges in any order.
 */
export const findGaps = (ranges: readonly CarriedRange[]): Pick<GapReport, 'pairs' | 'gaps'> => {
  const pairs = new Map<string, { vun: string; hun: string; lastSequence: number }>();
  const gaps: CarriedRange[] = [];
  const ordered = [...ranges].sort((a, b) => a.fromSequence - b.fromSequence);
  for (const { vun, hun, fromSequence, toSequence } of ordered) {
    const key = `${vun} ${hun}`;
    const pair = pairs.get(key) ?? { vun, hun, lastSequence: 0 };
    if (fromSequence > pair.lastSequence + 1) {
      gaps.push({ vun, hun, fromSequence: pair.lastSequence + 1, toSequence: fromSequence - 1 });
    }
    pairs.set(key, { ...pair, lastSequence: Math.max(pair.lastSequence, toSequence) });
  }
  return { pairs: [...pairs.values()], gaps };
};

/** Gaps by the public batch records, which every organisation's peer has. */
export const readGaps = async (db: Kysely<GatewayDb>): Promise<Pick<GapReport, 'pairs' | 'gaps'>> => {
  const rows = await db.selectFrom('batch').select(['vun', 'hun', 'from_sequence', 'to_sequence']).execute();
  return findGaps(
    rows.map(({ vun, hun, from_sequence, to_sequence }) => ({
      vun,
      hun,
      fromSequence: from_sequence,
      toSequence: to_sequence,
    })),
  );
};
