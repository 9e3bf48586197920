import { firstOfRange, NumberBits, type EndsRecord } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { RecordUnreadable } from './collect.ts';
import { upsert } from './upsert.ts';

/** Bits of a lane's range before and after a transaction: a number that it ended is one that has bits only after. */

type EndState = 'closed' | 'voided' | 'expired';
export type EndBits = Pick<EndsRecord, 'closed' | 'gone'>;

/** Numbers that one transaction ended. */
export interface Ended {
  readonly state: EndState;
  readonly numbers: readonly number[];
}

const NONE: EndBits = { closed: '', gone: '' };
const STATES: readonly EndState[] = ['closed', 'voided', 'expired'];

const statesOf = (range: number, { closed, gone }: EndBits): ReadonlyMap<number, EndState> => {
  const first = firstOfRange(range);
  const states = new Map<number, EndState>();
  for (const number of new NumberBits(first, closed).numbers()) states.set(number, 'closed');
  for (const number of new NumberBits(first, gone).numbers())
    states.set(number, states.has(number) ? 'expired' : 'voided');
  return states;
};

/** @throws RecordUnreadable when an end was taken back or changed, which no contract does. */
export const endedBetween = (range: number, before: EndBits, after: EndBits): readonly Ended[] => {
  const earlier = statesOf(range, before);
  const later = statesOf(range, after);
  for (const [number, state] of earlier) {
    const now = later.get(number);
    if (now !== state)
      throw new RecordUnreadable(`number ${number} was ${state} and is ${now ?? 'open'}: an end is for ever`);
  }
  return STATES.map((state) => ({
    state,
    numbers: [...later].flatMap(([number, now]) => (now === state && !earlier.has(number) ? [number] : [])),
  })).filter(({ numbers }) => numbers.length > 0);
};

const keyOf = (laneId: string, range: number): string => `${laneId} ${range}`;

/** Ends sessions by what each transaction of the block added to the bits, and keeps the bits for the next block. */
export const writeEnds = async (
  trx: Transaction<GatewayDb>,
  { ends, block }: BlockChanges,
): Promise<void> => {
  const present = new Map<string, { laneId: string; range: number; bits: EndBits }>();
  for (const { record, txIndex, batchId } of ends) {
    const { laneId, range, closed, gone } = record;
    const key = keyOf(laneId, range);
    const before = present.get(key)?.bits ?? (await storedBits(trx, laneId, range));
    present.set(key, { laneId, range, bits: { closed, gone } });
    for (const { state, numbers } of endedBetween(range, before, record)) {
      if (state === 'closed' && batchId === undefined)
        throw new RecordUnreadable(`numbers ${numbers.join()} of ${laneId} were closed in no batch`);
      const { numUpdatedRows } = await trx
        .updateTable('ledger_session')
        .set({
          state,
          ended_block: block.number,
          ended_tx: txIndex,
          ...(state === 'closed' && batchId !== undefined && { batch_id: batchId }),
        })
        .where('lane_id', '=', laneId)
        .where('number', 'in', [...numbers])
        .executeTakeFirst();
      if (numUpdatedRows !== BigInt(numbers.length))
        throw new RecordUnreadable(
          `one of the numbers ${numbers.join()} of ${laneId} ended and was never opened`,
        );
    }
  }
  await upsert(
    trx,
    'lane_ends',
    ['lane_id', 'range_index'],
    [...present.values()].map(({ laneId, range, bits: { closed, gone } }) => ({
      lane_id: laneId,
      range_index: range,
      closed,
      gone,
    })),
  );
};

const storedBits = async (trx: Transaction<GatewayDb>, laneId: string, range: number): Promise<EndBits> => {
  const row = await trx
    .selectFrom('lane_ends')
    .select(['closed', 'gone'])
    .where('lane_id', '=', laneId)
    .where('range_index', '=', range)
    .executeTakeFirst();
  return row ?? NONE;
};
