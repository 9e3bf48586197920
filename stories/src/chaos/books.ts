import {
  auditedSessionPage,
  computeRated,
  parkedPage,
  parseSettled,
  sessionEvidence,
  unbilledPage,
  type AgreementTerms,
  type SessionRecord,
  type UnbilledSession,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { RunningUtility } from '../system/utility.ts';

/** What the committed ledger and both sides' books say, asked at their gateways and AAA nodes. */

const PAGE = 500;
const held = z.object({ cdrs: z.array(z.unknown()) });

export interface LedgerSession {
  readonly record: SessionRecord;
  /** As the visited utility's books have it. */
  readonly totalMicros: bigint | undefined;
  readonly endMs: number;
}

/** Every session that the ledger has of a visited utility. */
export async function ledgerSessions(of: RunningUtility): Promise<readonly LedgerSession[]> {
  const { utilityId } = of.definition;
  const found: LedgerSession[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const query: string = `limit=${PAGE}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
    const { items, cursor } = await of.auditor(
      'GET',
      `${of.gateway.url}/auditor/v1/sessions?${query}`,
      undefined,
      auditedSessionPage,
    );
    for (const { record, cdr } of items)
      if (record.vun === utilityId)
        found.push({ record, totalMicros: cdr?.totalMicros, endMs: cdr?.endMs ?? 0 });
    after = cursor;
  }
  return found;
}

export const unbilledAt = async (of: RunningUtility): Promise<readonly UnbilledSession[]> => {
  const url = `${of.gateway.url}/operator/v1/unbilled?limit=${PAGE}`;
  return (await of.operator('GET', url, undefined, unbilledPage)).items;
};

/** Facts that a gateway gave up for now, and records that a home utility could not bill. */
export async function heldUp(utilities: readonly RunningUtility[]): Promise<number> {
  let count = 0;
  for (const of of utilities) {
    const parked = await of.operator('GET', `${of.gateway.url}/operator/v1/parked`, undefined, parkedPage);
    const { cdrs } = await of.operator('GET', `${of.aaa.url}/operator/v1/held-cdrs`, undefined, held);
    count += parked.items.length + cdrs.length;
  }
  return count;
}

/** A settled session, read and priced again from the body that the home utility has of it. */
export interface ReRated {
  readonly sessionId: string;
  readonly evseId: string;
  /** By its outlet's time, which ascends. */
  readonly startMs: number;
  readonly fromMilliWh: bigint;
  readonly untilMilliWh: bigint;
  readonly totalMicros: bigint;
}

export interface Ground {
  readonly tariffJson: string;
  readonly terms: AgreementTerms;
}

export async function rateAgain(home: RunningUtility, sessionId: string, ground: Ground): Promise<ReRated> {
  const url = `${home.gateway.url}/auditor/v1/sessions/${sessionId}`;
  const { settledBody } = await home.auditor('GET', url, undefined, sessionEvidence);
  if (settledBody === undefined) throw new Error(`${home.definition.name} has no body of ${sessionId}`);
  const { open, close } = parseSettled(settledBody);
  const [first] = close.readings;
  const last = close.readings.at(-1);
  const rated = computeRated({
    laneSequence: 1,
    quote: open.quote,
    readings: close.readings,
    tariffJson: ground.tariffJson,
    terms: ground.terms,
    endReason: close.endReason,
  });
  if (!rated.ok || first === undefined || last === undefined)
    throw new Error(`${sessionId} cannot be priced from what was committed`);
  return {
    sessionId,
    evseId: open.quote.evseId,
    startMs: first.atMs,
    fromMilliWh: first.registerMilliWh,
    untilMilliWh: last.registerMilliWh,
    totalMicros: rated.value.totalMicros,
  };
}
