import {
  canonicalText,
  chunkSpan,
  demandChunkRecord,
  gridInputOf,
  gridQueries,
  recordPage,
  type AgreementTerms,
  type DemandChunkRecord,
  type GridInput,
} from '@roamgrid/wire';
import type { Ledger } from '../ledger/ledger.ts';
import { asProblem } from '../operator-api/ledger-problem.ts';

/** Demand that may move a session's price under an agreement; nothing when the agreement has no rule for it. */
export type GridOf = (
  terms: AgreementTerms,
  startMs: number,
  endMs: number,
) => Promise<GridInput | undefined>;

const PAGE = 100;
const page = recordPage(demandChunkRecord);

/**
 * Asks the ledger itself and not the read model, which may be a block behind: the contract will look at the same.
 * @throws ServiceError LEDGER_DOWN when it does not answer; the station tells the end of its session again.
 */
export const ledgerGrid =
  (ledger: Ledger): GridOf =>
  async (terms, startMs, endMs) => {
    const { adaptation } = terms;
    if (adaptation === undefined) return undefined;
    const span = chunkSpan(adaptation, startMs, endMs);
    const chunks: DemandChunkRecord[] = [];
    for (const source of adaptation.sources) {
      let bookmark = '';
      do {
        const argument = canonicalText(gridQueries.listDemand, {
          ...source,
          ...span,
          pageSize: PAGE,
          bookmark,
        });
        const text = await ledger
          .evaluate({ contract: 'grid', transaction: 'listDemand', argument, role: 'station' })
          .catch((thrown: unknown) => {
            throw asProblem(thrown);
          });
        const answer = page.parse(JSON.parse(text));
        chunks.push(...answer.records);
        ({ bookmark } = answer);
      } while (bookmark !== '');
    }
    return gridInputOf(terms, chunks);
  };
