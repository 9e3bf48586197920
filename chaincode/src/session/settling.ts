import {
  computeAmounts,
  fastShape,
  judgeOpening,
  LEDGER_LIMITS,
  openingProof,
  parseSessionId,
  parseSettled,
  SettledMalformed,
  type AgreementTerms,
  type CdrAmounts,
  type OpeningProof,
  type Settled,
} from '@roamgrid/wire';
import type { Dealing } from '../consortium/agreement.ts';
import { ensure, parseJson, refuse, type Transaction } from '../context/index.ts';
import type { Claims } from './claims.ts';
import { gridOf } from './demand.ts';
import type { Exposures } from './exposure.ts';
import type { MeterRegister } from './meter-register.ts';
import { requireMetering } from './metering.ts';
import { takeOffline } from './offline.ts';
import type { Openings } from './openings.ts';
import type { Sites } from './sites.ts';

/** What the sessions of one batch share. */
export interface SettlingContext {
  readonly tx: Transaction;
  readonly lane: string;
  readonly dealing: Dealing;
  readonly terms: AgreementTerms;
  readonly sites: Sites;
  readonly openings: Openings;
  readonly claims: Claims;
  readonly meters: MeterRegister;
  readonly exposures: Exposures;
}

/** One session that is to be settled. */
export interface Settling {
  readonly settled: Settled;
  readonly number: number;
  readonly proof: OpeningProof;
}

/** Reads a settled session's text. */
export const readSettled = (text: string, index: number): Settled => {
  try {
    return parseSettled(text);
  } catch (thrown) {
    if (thrown instanceof SettledMalformed)
      return refuse('INVALID_ARGUMENT', `sessions.${index}: ${thrown.message}`);
    throw thrown;
  }
};

const proofShape = fastShape(openingProof);

/** Reads the way from a session to its opening. */
export const readProof = (text: string, index: number): OpeningProof => {
  const value = parseJson(text, `openings.${index}`);
  return proofShape.matches(value)
    ? value
    : refuse('INVALID_ARGUMENT', `openings.${index}: ${proofShape.fault()}`);
};

/** The session's number, of this lane. */
export const numberOf = ({ lane }: Pick<SettlingContext, 'lane'>, sessionId: string): number => {
  const name = parseSessionId(sessionId);
  return name.ok && name.value.laneId === lane
    ? name.value.number
    : refuse('INVALID_ARGUMENT', `${sessionId} is no session of ${lane}`);
};

const requireTimes = (
  { tx, terms, claims }: SettlingContext,
  { open, close, text }: Settled,
  { startMs, endMs }: CdrAmounts,
  openingAtMs: number,
): void => {
  const { openedAtMs, sessionId } = open;
  const { clockSkewMs } = LEDGER_LIMITS;
  tx.notInFuture(endMs, 'the end of charging');
  ensure(startMs < endMs, 'INVALID_ARGUMENT', `${sessionId}: charging ends before it starts`);
  ensure(
    openedAtMs <= openingAtMs + clockSkewMs && openingAtMs - terms.cdrBoundMs <= openedAtMs,
    'EXPIRED',
    `${sessionId} was not opened when its opening says: later than its record, or longer before it than agreed`,
  );
  ensure(
    startMs >= openedAtMs - clockSkewMs,
    'INVALID_ARGUMENT',
    `${sessionId}: metering starts before the session opened`,
  );
  if (tx.nowMs <= endMs + terms.cdrBoundMs) return;
  ensure(
    claims.isClaimedBy(close.sessionId, text, endMs + terms.cdrBoundMs),
    'EXPIRED',
    `${sessionId} comes later after the end of charging than agreed, and its end was not claimed in time`,
  );
};

/** Checks everything about one session that is settled; gives the amounts of its record. */
export const settleSession = async (
  context: SettlingContext,
  { settled, number, proof }: Settling,
  laneSequence: number,
): Promise<CdrAmounts> => {
  const { tx, dealing, terms, sites, openings, meters, exposures } = context;
  const { open, close, openText, quoteText } = settled;
  const { sessionId, quote, openedAtMs } = open;
  ensure(
    close.sessionId === sessionId,
    'INVALID_ARGUMENT',
    `the close of ${sessionId} names another session`,
  );
  const { atMs } = await openings.requireCommitted(number, openText, proof);

  const { station, evse } = await sites.siteOf(quote, openedAtMs);
  const { meterKey, tariffText } = requireMetering({ close, evse, openedAtMs });

  const tariff = await sites.tariffOf(quote);
  const judged = await judgeOpening(
    { open, quoteText, ...(tariffText !== undefined && { tariffText }) },
    {
      channel: tx.channel,
      agreement: dealing.agreement,
      terms,
      vun: dealing.vun,
      hun: dealing.hun,
      station,
      tariff,
      bound: await sites.isBound(quote),
    },
  );
  if (!judged.ok) return refuse(judged.error.code, `${sessionId}: ${judged.error.message}`);

  const [first] = close.readings;
  const last = close.readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a close body has readings');
  const grid = await gridOf(tx, terms, { startMs: first.atMs, endMs: last.atMs });
  const computed = computeAmounts({
    laneSequence,
    quote,
    readings: close.readings,
    tariffJson: tariff.tariffJson,
    terms,
    endReason: close.endReason,
    ...(grid && { grid }),
  });
  if (!computed.ok) {
    return refuse('CDR_MISMATCH', `${sessionId}: ${computed.error.code}: ${computed.error.message}`);
  }
  const cdr = computed.value;
  requireTimes(context, settled, cdr, atMs);
  const { profile, offline } = judged.value;
  if (offline !== undefined && open.offline !== undefined)
    await takeOffline(tx, settled, open.offline, offline, cdr);
  ensure(
    cdr.totalMicros <= quote.capMicros,
    'OVER_CAP',
    `the bill of ${sessionId} is above the cap that the driver consented to: ask for a new consent`,
  );
  meters.use({
    key: meterKey,
    outletKeys: evse.meterKeys,
    sessionId,
    startMs: first.atMs,
    endMs: last.atMs,
    fromMilliWh: first.registerMilliWh,
    toMilliWh: last.registerMilliWh,
    salt: close.salt,
  });
  if (profile !== undefined) {
    await exposures.use({
      profile,
      sessionId,
      // Who hears of nobody records its opening long after; when it was is what its meter signed and its holder's token allows.
      openingAtMs: offline === undefined ? atMs : cdr.startMs,
      totalMicros: cdr.totalMicros,
      energyWh: cdr.energyWh,
      salt: close.salt,
    });
  }
  return cdr;
};
