import {
  chunkSpan,
  demandChunkRecord,
  gridInputOf,
  stateKey,
  type AgreementTerms,
  type Cdr,
  type DemandChunkRecord,
  type GridInput,
} from '@roamgrid/wire';
import type { Transaction } from '../context/index.ts';

/** The demand on the ledger that may move a session's price, when the agreement has a rule for it. */
export const gridOf = async (
  tx: Transaction,
  terms: AgreementTerms,
  { startMs, endMs }: Pick<Cdr, 'startMs' | 'endMs'>,
): Promise<GridInput | undefined> => {
  const { adaptation } = terms;
  if (adaptation === undefined) return undefined;
  const { fromMs, untilMs } = chunkSpan(adaptation, startMs, endMs);
  const chunks: DemandChunkRecord[] = [];
  for (const { utilityId, areaId } of adaptation.sources) {
    const from = stateKey.demandChunk(utilityId, areaId, fromMs);
    const until = stateKey.demandChunk(utilityId, areaId, untilMs);
    chunks.push(...(await tx.range(demandChunkRecord, from, until)));
  }
  return gridInputOf(terms, chunks);
};
