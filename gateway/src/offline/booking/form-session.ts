import { randomBytes } from 'node:crypto';
import type { ChargeToken, EndReason, OfflineRecord } from '@roamgrid/offline';
import {
  canonicalText,
  HOLDER_KID,
  offlineQuote,
  quote as quoteSchema,
  sessionCloseBody,
  sessionOpenBody,
  type OfflineLeave,
  type OfflineStart,
  type SessionCloseBody,
  type SessionOpenBody,
} from '@roamgrid/wire';
import type { RecordStatement } from './statement.ts';

/** A record, and what home and the registry say about it. */
export interface RecordGround {
  readonly record: OfflineRecord;
  /** JWS of the leave. */
  readonly evidence: string;
  readonly leave: OfflineLeave;
  readonly token: ChargeToken;
  readonly stationId: string;
  readonly statement: RecordStatement;
}

/** It as the ledger has sessions. */
export interface FormedSession {
  readonly open: SessionOpenBody;
  readonly openText: string;
  readonly quoteText: string;
  readonly close: SessionCloseBody;
  readonly closeText: string;
}

const MS_PER_S = 1_000;

/** Why it ended, in the ledger's words. */
const END_REASON: Readonly<Record<EndReason, SessionCloseBody['endReason']>> = {
  stopped: 'driver',
  energy: 'limit',
  cost: 'limit',
  time: 'limit',
  unplugged: 'cable-out',
  fault: 'fault',
  'power-cut': 'power-cut',
};

const newSalt = (): string => randomBytes(32).toString('hex');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** How it began, as the ledger has it. */
export const startOf = ({ number, askedWh, evidence }: OfflineRecord): OfflineStart => ({
  number,
  askedWh,
  token: text(evidence.token),
  transcript: text(evidence.transcript),
});

/** Forms both bodies under the number that it gets in its lane: nothing that was signed names it. */
export const formSession = (
  { record, evidence, leave, token, stationId, statement }: RecordGround,
  sessionId: string,
): FormedSession => {
  const openedAtMs = record.beganS * MS_PER_S;
  const offline = startOf(record);
  const { evseId } = record;
  const signature = text(record.evidence.signature);
  const open: SessionOpenBody = {
    sessionId,
    cinRef: leave.cinRef,
    authorisedBy: 'cache',
    evidence,
    quote: offlineQuote(leave, token, offline, { sessionId, stationId, evseId, openedAtMs }),
    consent: { consentedAtMs: openedAtMs, kid: HOLDER_KID, method: 'app', signature },
    offline,
    openedAtMs,
    salt: newSalt(),
  };
  const close: SessionCloseBody = {
    sessionId,
    endReason: END_REASON[record.facts.reason],
    readings: [...statement.readings],
    statement: { form: 'ocmf', end: record.facts.signed },
    salt: newSalt(),
  };
  return {
    open,
    openText: canonicalText(sessionOpenBody, open),
    quoteText: canonicalText(quoteSchema, open.quote),
    close,
    closeText: canonicalText(sessionCloseBody, close),
  };
};
