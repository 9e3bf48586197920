import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import type { OfflineRecord } from '@roamgrid/offline';
import { believeToken, NODE_VERIFIER } from '@roamgrid/offline/judged';
import {
  computeAmounts,
  judgeOfflineStart,
  judgeOpening,
  offlineEndFault,
  outletAt,
  sessionIdOf,
  statedLeave,
  tokenIssuersOf,
  type GridInput,
  type OpeningGround,
  type StationRecord,
} from '@roamgrid/wire';
import { groundOf } from '../../internal-api/judge.ts';
import type { Registry } from '../../registry/registry.ts';
import type { GridOf } from '../../station-api/grid-demand.ts';
import { formSession, type RecordGround } from './form-session.ts';
import { readStatement, type RecordStatement } from './statement.ts';

export interface JudgeContext {
  readonly utilityId: string;
  readonly channel: string;
  readonly registry: Registry;
  readonly gridOf: GridOf;
  /** Time of proposals, which the contracts judge bounds by. */
  readonly ledgerNowMs: () => number;
}

/** `LATER`: the read model lacks something that it may have soon. */
export type RecordFault = DomainError;

/** A record that both endorsers will take as it stands now, but for what was booked by its token before. */
export interface JudgedRecord {
  readonly ground: RecordGround;
  readonly group: string;
  readonly boundMs: number;
  readonly grid: GridInput | undefined;
}

const MS_PER_S = 1_000;
const fault = (code: string, message: string): Result<never, RecordFault> => err({ code, message });

/** Where a record is of, and what its meter signed. */
export interface MeteredRecord {
  readonly station: StationRecord;
  readonly statement: RecordStatement;
}

export const meteredRecord = (
  { registry, utilityId }: JudgeContext,
  record: OfflineRecord,
): Result<MeteredRecord, RecordFault> => {
  const beganMs = record.beganS * MS_PER_S;
  const station = registry
    .stations()
    .find((one) => one.utilityId === utilityId && outletAt(one, record.evseId, beganMs) !== undefined);
  if (station === undefined) return fault('OUTLET_UNKNOWN', `${record.evseId} is no outlet of ${utilityId}`);
  const statement = readStatement(record, station, beganMs);
  return statement.ok ? ok({ station, statement: statement.value }) : statement;
};

/** What signed parts say of themselves, put together. */
const gatherGround = async (
  { registry }: JudgeContext,
  record: OfflineRecord,
  { station, statement }: MeteredRecord,
  evidence: string,
): Promise<Result<RecordGround & { readonly group: string }, RecordFault>> => {
  const leave = statedLeave(evidence);
  if (leave === undefined) return fault('LEAVE_OTHER', 'it is no leave of a home utility');
  const beganMs = record.beganS * MS_PER_S;
  const hun = registry.utility(leave.iss);
  const agreement = registry.agreement(leave.agreementId);
  const terms = agreement && registry.terms(agreement.agreementId, agreement.version)?.terms;
  if (hun === undefined || terms === undefined)
    return fault('LATER', `agreement ${leave.agreementId} with ${leave.iss} is not known here`);
  const issuers = await tokenIssuersOf(hun, beganMs - terms.revocationGraceMs);
  const list = { version: 0, madeAtS: 0, issuers };
  const token = await believeToken(record.evidence.token, list, NODE_VERIFIER);
  if (!token.ok) return token;
  const { stationId, group } = station;
  return ok({ record, evidence, leave, token: token.value, stationId, statement, group });
};

/** By the rules of the contracts, without the number that it has not got yet: nothing that was signed names it. */
export const judgeRecord = async (
  context: JudgeContext,
  record: OfflineRecord,
  metered: MeteredRecord,
  evidence: string,
): Promise<Result<JudgedRecord, RecordFault>> => {
  if (record.isFree === true) return fault('FREE', 'nothing was asked for it at its place');
  const gathered = await gatherGround(context, record, metered, evidence);
  if (!gathered.ok) return gathered;
  const { group, ...ground } = gathered.value;
  const { open, quoteText, close } = formSession(ground, sessionIdOf(ground.leave.laneId, 1));
  const known = groundOf(context, open);
  if (!known.ok) return fault('LATER', known.error.message);
  const { terms, hun, station, tariff }: OpeningGround = known.value;
  if (open.offline === undefined) throw new Error('a session of a record began offline');
  const started = await judgeOfflineStart(open, open.offline, { hun, terms, station });
  if (!started.ok) return started;
  const { tariffText, begin, end } = ground.statement;
  const claim = { open, quoteText, ...(tariffText !== undefined && { tariffText }) };
  const opening = await judgeOpening(claim, known.value);
  if (!opening.ok) return opening;
  const grid = await context.gridOf(terms, begin.atMs, end.atMs);
  const amounts = computeAmounts({
    ...{ laneSequence: 1, quote: open.quote, readings: close.readings, terms, endReason: close.endReason },
    ...{ tariffJson: tariff.tariffJson, ...(grid && { grid }) },
  });
  if (!amounts.ok) return amounts;
  const ended = offlineEndFault(started.value, open, close, amounts.value);
  if (ended !== undefined) return err(ended);
  if (amounts.value.totalMicros > open.quote.capMicros)
    return fault('TOKEN_OVER_COST', 'the bill is above what the token allows');
  const boundMs = terms.cdrBoundMs;
  if (context.ledgerNowMs() > open.openedAtMs + boundMs)
    return fault('TOO_LATE', `it began more than the agreed ${boundMs} ms ago`);
  return ok({ ground, group, boundMs, grid });
};
