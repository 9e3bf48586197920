import { holdingRecord, stateKey, type HoldingRecord, type UtilityRecord } from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

/** Which holding a command takes from. */
export interface HoldingRef {
  readonly generatorId: string;
  readonly quarterMs: number;
  readonly holdingFromWh: bigint;
}

const keyOf = ({ generatorId, quarterMs, holdingFromWh }: HoldingRef): string =>
  stateKey.holding(generatorId, quarterMs, holdingFromWh);

/** The holdings that a command takes from, each once, every one the holder's own and not used up. */
export const takeFrom = async (
  tx: Transaction,
  holder: UtilityRecord,
  refs: readonly HoldingRef[],
): Promise<readonly HoldingRecord[]> => {
  const keys = refs.map(keyOf);
  ensure(new Set(keys).size === keys.length, 'CONFLICT', 'a holding stands twice in the command');
  await tx.prefetch(keys);
  const holdings: HoldingRecord[] = [];
  for (const key of keys) {
    const holding = await tx.get(holdingRecord, key);
    ensure(
      holding.holder === holder.utilityId,
      'FORBIDDEN',
      `${key} is held by ${holding.holder}, not by ${holder.utilityId}`,
    );
    ensure(holding.cancelled === undefined, 'WRONG_STATE', `${key} was cancelled: no Wh is used twice`);
    holdings.push(holding);
  }
  return holdings;
};

export const putHolding = (tx: Transaction, holding: HoldingRecord): void => {
  const { generatorId, quarterMs, fromWh } = holding;
  tx.put(holdingRecord, stateKey.holding(generatorId, quarterMs, fromWh), holding, { ofItem: true });
};

/**
 * What stays of a holding beside the Wh that are taken out of it. Its Wh keep their numbers, so that each is in one holding
 * at any time.
 */
export const putRest = (tx: Transaction, holding: HoldingRecord, fromWh: bigint, toWh: bigint): void => {
  const { version } = holding;
  if (holding.fromWh < fromWh) putHolding(tx, { ...holding, version: version + 1, toWh: fromWh });
  if (toWh < holding.toWh) putHolding(tx, { ...holding, version: 1, fromWh: toWh });
};
