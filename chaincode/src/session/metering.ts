import { createHash } from 'node:crypto';
import {
  billingReading,
  meterPublicKey,
  verifyOcmf,
  type OcmfDocument,
  type SessionCloseBody,
  type StationRecord,
} from '@roamgrid/wire';
import { ensure, refuse } from '../context/index.ts';

type Evse = StationRecord['evses'][number];

/** `r` of a DER ECDSA signature: `30 len 02 len r 02 len s`. */
const rOf = (der: Buffer): Buffer => der.subarray(4, 4 + (der[3] ?? 0));

/** Marks a signed begin reading as billed: over its signed bytes and the signature's random `r`. */
const spendHashOfOcmf = ({ payloadText, signature }: OcmfDocument): string =>
  createHash('sha256').update(payloadText, 'utf8').update(rOf(signature)).digest('hex');

const requireReading = (
  document: OcmfDocument,
  side: 'begin' | 'end',
  stated: SessionCloseBody['readings'][number] | undefined,
): void => {
  const signed = billingReading(document, side);
  if (!signed.ok) return refuse('BAD_SIGNATURE', `${side}: ${signed.error.code}: ${signed.error.message}`);
  ensure(
    signed.value.atMs === stated?.atMs && signed.value.registerWh === stated.registerWh,
    'CDR_MISMATCH',
    `the ${side} reading is not the one that the meter signed`,
  );
};

const openMeter = (text: string, evse: Evse, side: string): OcmfDocument => {
  const opened = verifyOcmf(text, meterPublicKey(evse.meterKey));
  if (!opened.ok) return refuse('BAD_SIGNATURE', `${side}: ${opened.error.code}: ${opened.error.message}`);
  const document = opened.value;
  ensure(
    document.meterSerial === evse.meterId && (document.evseId ?? evse.evseId) === evse.evseId,
    'BAD_SIGNATURE',
    `${side}: the statement is of another meter or outlet`,
  );
  return document;
};

/**
 * Checks that a session's readings begin and end with what the outlet's meter signed. Those between are bounded by the
 * two because registers and times only grow, which the rating checks. Gives the hash that marks the begin reading as
 * billed, unless the meter itself bound it to this session: what is signed for one session cannot bill another.
 */
export const requireMetering = (
  body: Pick<SessionCloseBody, 'sessionId' | 'readings' | 'signedStart' | 'signedEnd'>,
  evse: Evse,
): string | undefined => {
  const { sessionId, signedStart, signedEnd } = body;
  const end = openMeter(signedEnd, evse, 'signedEnd');
  const start =
    signedStart === undefined || signedStart === signedEnd
      ? end
      : openMeter(signedStart, evse, 'signedStart');
  for (const { page, centralId } of [start, end]) {
    ensure(page.context === 'T', 'BAD_SIGNATURE', 'a statement of the meter is not of a transaction');
    ensure(
      centralId === undefined || centralId === sessionId,
      'BAD_SIGNATURE',
      'the meter signed for another session',
    );
  }
  ensure(
    start === end || start.page.number < end.page.number,
    'BAD_SIGNATURE',
    'the meter signed the end before the start',
  );
  requireReading(start, 'begin', body.readings[0]);
  requireReading(end, 'end', body.readings.at(-1));
  return start.centralId === undefined ? spendHashOfOcmf(start) : undefined;
};
