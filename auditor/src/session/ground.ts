import { hold } from '../failure.ts';
import { parseCanonical } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { chunksFrom } from '../rating/demand.ts';
import {
  keyOf,
  readAgreement,
  readCommitment,
  readDemand,
  readStation,
  readTariffRecord,
  readUtility,
  recordOf as publicRecord,
  type Batch,
  type DemandChunk,
} from './records.ts';
import type { Settled } from './settled.ts';
import { readTerms, type Terms } from './terms.ts';
import { hashOf, type SessionGround } from './verify.ts';

/** What a settlement read: each record is the one that its endorsers judged by. */
export interface Seen {
  /** @throws Failed when the settlement did not read it */
  value(key: string): string | Promise<string>;
  /** Keys that were read and were there. */
  keys(begin: string): readonly string[];
}

/** Demand that the settlement read, in the order of keys, by which the first source's chunks come first. */
const chunksOf = async (seen: Seen, { grid }: Terms, { close }: Settled): Promise<DemandChunk[]> => {
  if (grid === undefined) return [];
  const fromMs = chunksFrom(grid, close.readings[0].atMs);
  const untilMs = close.readings.at(-1)?.atMs ?? 0;
  const found: DemandChunk[] = [];
  for (const { utilityId, areaId } of grid.sources) {
    const begin = `demand:${utilityId}:${areaId}:`;
    for (const key of [...new Set(seen.keys(begin))].sort()) {
      const firstMs = Number(key.slice(begin.length));
      // A settlement reads for all of its sessions: chunks outside this one's span are others'.
      if (fromMs <= firstMs && firstMs <= untilMs) found.push(readDemand(await seen.value(key)));
    }
  }
  return found;
};

/** The settlement that a session is part of. */
export interface Settlement {
  readonly channel: string;
  readonly atMs: number;
  readonly batch: Batch;
  readonly termsText: string;
}

export const groundOf = async (
  primitives: Primitives,
  seen: Seen,
  { channel, atMs, batch, termsText }: Settlement,
  settled: Settled,
  slot: number,
): Promise<SessionGround> => {
  const { quote } = settled.open;
  const agreement = readAgreement(await seen.value(keyOf.agreement(quote.agreementId)));
  hold(hashOf(primitives, termsText) === agreement.termsHash, 'the terms are not those that both signed');
  const terms = readTerms(parseCanonical(termsText, 'the terms'));
  const binding = keyOf.binding(quote.agreementId, quote.tariffId, quote.tariffVersion);
  publicRecord(await seen.value(binding), 'tariffBinding');
  return {
    channel,
    vun: readUtility(await seen.value(keyOf.utility(quote.vun))),
    hun: readUtility(await seen.value(keyOf.utility(quote.hun))),
    station: readStation(await seen.value(keyOf.station(quote.vun, quote.stationId))),
    agreement,
    terms,
    tariff: readTariffRecord(await seen.value(keyOf.tariff(quote.tariffId, quote.tariffVersion))),
    opening: readCommitment(await seen.value(keyOf.opening(batch.laneId, slot)), 'opening'),
    batch,
    chunks: await chunksOf(seen, terms, settled),
    settledAtMs: atMs,
    claim: seen.keys('claim:').length > 0 ? 'read' : undefined,
  };
};
