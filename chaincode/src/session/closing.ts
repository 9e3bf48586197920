import { isDeepStrictEqual } from 'node:util';
import {
  canonicalJson,
  cdr as cdrSchema,
  cdrInputOf,
  computeCdr,
  LEDGER_LIMITS,
  type AgreementTerms,
  type Cdr,
  type JsonValue,
  type SessionCloseBody,
  type SessionOpenBody,
  type SessionRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { Dealing } from '../consortium/agreement.ts';
import { ensure, refuse, type Opened, type Transaction } from '../context/index.ts';
import { gridOf } from './demand.ts';
import { requireMetering } from './metering.ts';
import type { Sites } from './sites.ts';

/** Facts that the sessions of one batch share. */
export interface ClosingContext {
  readonly tx: Transaction;
  readonly dealing: Dealing;
  readonly terms: AgreementTerms;
  readonly sites: Sites;
}

/** One session that is to close, from its four sources. */
export interface Closing {
  readonly item: { readonly sessionId: string; readonly closeHash: string };
  readonly session: SessionRecord;
  readonly open: Opened<SessionOpenBody>;
  readonly close: Opened<SessionCloseBody>;
  readonly pairSequence: number;
}

const requireIdentity = ({ dealing }: ClosingContext, closing: Closing): void => {
  const { item, session, open, close, pairSequence } = closing;
  const id = item.sessionId;
  ensure(
    session.vun === dealing.vun.utilityId &&
      session.hun === dealing.hun.utilityId &&
      session.agreementId === dealing.agreement.agreementId,
    'INVALID_ARGUMENT',
    `session ${id} is of another pair or agreement`,
  );
  ensure(session.state === 'opened', 'WRONG_STATE', `session ${id} is ${session.state}, not opened`);
  ensure(close.hash === item.closeHash, 'HASH_MISMATCH', `the body of ${id} does not hash to closeHash`);
  ensure(
    open.hash === session.openHash && close.value.openHash === session.openHash,
    'HASH_MISMATCH',
    `the open body of ${id} is not the one on the ledger`,
  );
  ensure(close.value.sessionId === id, 'INVALID_ARGUMENT', `the body of ${id} names another session`);
  ensure(
    close.value.cdr.pairSequence === pairSequence,
    'SEQUENCE_GAP',
    `the CDR of ${id} has number ${close.value.cdr.pairSequence}, its place in the batch is ${pairSequence}`,
  );
};

const requireTimes = ({ tx, terms }: ClosingContext, { session, close }: Closing): void => {
  const { startMs, endMs } = close.value.cdr;
  tx.notInFuture(endMs, 'the end of charging');
  ensure(startMs < endMs, 'INVALID_ARGUMENT', 'charging ends before it starts');
  ensure(
    startMs >= session.openedAtMs - LEDGER_LIMITS.clockSkewMs,
    'INVALID_ARGUMENT',
    'metering starts before the session opened',
  );
  ensure(
    tx.nowMs <= endMs + terms.cdrBoundMs,
    'EXPIRED',
    'the CDR comes later after the end of charging than agreed',
  );
};

type JsonObject = Readonly<Record<string, JsonValue>>;

/** Names the parts of a CDR that differ from the computed one; the values stay private. */
const differencesOf = (stated: Cdr, computed: Cdr): string => {
  const left = z.encode(cdrSchema, stated) as JsonObject;
  const right = z.encode(cdrSchema, computed) as JsonObject;
  return Object.keys(right)
    .filter((field) => canonicalJson(left[field] ?? null) !== canonicalJson(right[field] ?? null))
    .join(', ');
};

/** Computes the CDR again from the signed meter values and the tariff, and refuses any other. */
const requireComputedCdr = async (context: ClosingContext, { item, open, close }: Closing): Promise<void> => {
  const { quote } = open.value;
  const tariff = await context.sites.tariffOf(quote);
  const grid = await gridOf(context.tx, context.terms, close.value.cdr);
  const computed = computeCdr(cdrInputOf(close.value, quote, tariff.tariffJson, context.terms, grid));
  if (!computed.ok) {
    return refuse('CDR_MISMATCH', `${item.sessionId}: ${computed.error.code}: ${computed.error.message}`);
  }
  const stated = close.value.cdr;
  if (!isDeepStrictEqual(stated, computed.value)) {
    const differences = differencesOf(stated, computed.value);
    refuse('CDR_MISMATCH', `the CDR of ${item.sessionId} differs from the computed one in ${differences}`);
  }
  ensure(
    stated.totalMicros <= quote.capMicros,
    'OVER_CAP',
    `the bill of ${item.sessionId} is above the cap that the driver consented to: ask for a new consent`,
  );
};

/** Checks everything about one session that is to close; gives the hash that marks its meter reading as billed, if it needs one. */
export const checkClosing = async (
  context: ClosingContext,
  closing: Closing,
): Promise<string | undefined> => {
  requireIdentity(context, closing);
  requireTimes(context, closing);
  const { evse } = await context.sites.siteOf(closing.open.value.quote);
  const spendHash = requireMetering(closing.close.value, evse);
  await requireComputedCdr(context, closing);
  return spendHash;
};
