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
import type { ReadPublic } from './check.ts';

/**
 * The grid demand of the verified chain that a session's price follows; nothing when the agreement has no rule for it.
 * A chunk's key holds its first instant, and readings that count stand at whole intervals, so every key can be tried.
 */
export function demandOnChain(
  terms: AgreementTerms,
  { startMs, endMs }: Pick<Cdr, 'startMs' | 'endMs'>,
  read: ReadPublic,
): GridInput | undefined {
  const { adaptation } = terms;
  if (adaptation === undefined) return undefined;
  const { fromMs, untilMs } = chunkSpan(adaptation, startMs, endMs);
  const chunks: DemandChunkRecord[] = [];
  for (const { utilityId, areaId } of adaptation.sources) {
    for (let atMs = fromMs; atMs < untilMs; atMs += adaptation.intervalMs) {
      const bytes = read(stateKey.demandChunk(utilityId, areaId, atMs));
      if (bytes !== undefined)
        chunks.push(demandChunkRecord.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))));
    }
  }
  return gridInputOf(terms, chunks);
}
