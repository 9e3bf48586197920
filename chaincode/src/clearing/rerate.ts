import {
  bodyHash,
  canonicalText,
  computeAmounts,
  sessionCloseBody,
  settledText,
  type AgreementTerms,
  type CdrAmounts,
  type DisputeBody,
  type SessionCloseBody,
  type Settled,
} from '@roamgrid/wire';
import { ensure, refuse, type Transaction } from '../context/index.ts';
import { gridOf } from '../session/demand.ts';
import { requireMetering } from '../session/metering.ts';
import type { Sites } from '../session/sites.ts';

/** What a disputed record comes to: always computed from the settled session, never stated. */
export type Owed = Pick<DisputeBody, 'currency' | 'energyWh' | 'totalMicros' | 'shares' | 'payableMicros'>;

export const owedOf = ({ currency, energyWh, totalMicros, shares }: CdrAmounts): Owed => ({
  currency,
  energyWh,
  totalMicros,
  shares,
  payableMicros: shares.vun + shares.infrastructure,
});

export const NOTHING = {
  energyWh: 0n,
  totalMicros: 0n,
  shares: { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n },
  payableMicros: 0n,
} as const;

/** Refuses a body that states other amounts than those computed. */
export const requireOwed = (stated: Owed, computed: Owed, what: string): void => {
  const { hun, vun, infrastructure, driver } = computed.shares;
  ensure(
    stated.currency === computed.currency &&
      stated.energyWh === computed.energyWh &&
      stated.totalMicros === computed.totalMicros &&
      stated.payableMicros === computed.payableMicros &&
      stated.shares.hun === hun &&
      stated.shares.vun === vun &&
      stated.shares.infrastructure === infrastructure &&
      stated.shares.driver === driver,
    'CDR_MISMATCH',
    `${what} states other amounts than its session comes to: ${computed.totalMicros} micros in all, ${computed.payableMicros} payable`,
  );
};

export interface Rerating {
  readonly tx: Transaction;
  readonly terms: AgreementTerms;
  readonly sites: Sites;
}

/** Amounts of a settled session, with its own readings or others. */
export const rerate = async (
  { tx, terms, sites }: Rerating,
  { open: { quote, sessionId } }: Settled,
  { readings, endReason }: SessionCloseBody,
  laneSequence: number,
): Promise<CdrAmounts> => {
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a close body has readings');
  const { tariffJson } = await sites.tariffOf(quote);
  const grid = await gridOf(tx, terms, { startMs: first.atMs, endMs: last.atMs });
  const computed = computeAmounts({
    laneSequence,
    quote,
    readings,
    tariffJson,
    terms,
    endReason,
    ...(grid && { grid }),
  });
  return computed.ok
    ? computed.value
    : refuse('CDR_MISMATCH', `${sessionId}: ${computed.error.code}: ${computed.error.message}`);
};

const span = ({ readings }: SessionCloseBody) => {
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a close body has readings');
  return { first, last };
};

/**
 * Another close of a settled session: signed by whose key signed the first, so that registers compare, inside its energy and time, so that
 * nothing billed to others comes in, and under the driver's cap. A session on a kept profile may not grow, because what
 * its profile allows was counted when it settled.
 */
export const requireRevision = async (
  context: Rerating,
  settled: Settled,
  close: SessionCloseBody,
  { laneSequence, totalMicros }: Pick<DisputeBody, 'laneSequence' | 'totalMicros'>,
): Promise<CdrAmounts> => {
  const { open } = settled;
  const { sessionId, quote, openedAtMs } = open;
  ensure(
    close.sessionId === sessionId,
    'INVALID_ARGUMENT',
    `the revision of ${sessionId} names another session`,
  );
  const { evse } = await context.sites.siteOf(quote, openedAtMs);
  const before = requireMetering({ close: settled.close, evse, openedAtMs });
  const { meterKey, tariffText } = requireMetering({ close, evse, openedAtMs });
  ensure(
    meterKey.kid === before.meterKey.kid,
    'BAD_SIGNATURE',
    `${sessionId}: the revision is of another meter than the settled session`,
  );
  ensure(
    tariffText === before.tariffText,
    'BAD_SIGNATURE',
    `${sessionId}: the revision’s meter statement is bound to another consent`,
  );
  const was = span(settled.close);
  const is = span(close);
  ensure(
    is.first.atMs >= was.first.atMs &&
      is.last.atMs <= was.last.atMs &&
      is.first.registerMilliWh >= was.first.registerMilliWh &&
      is.last.registerMilliWh <= was.last.registerMilliWh,
    'OVERLAP',
    `${sessionId}: the revision counts energy or time outside the settled session`,
  );
  const leafOf = (body: SessionCloseBody) =>
    bodyHash(settledText(canonicalText(sessionCloseBody, body), settled.openText));
  ensure(
    leafOf(close) !== bodyHash(settled.text),
    'INVALID_ARGUMENT',
    `${sessionId}: the revision is the settled session: stand by it instead`,
  );
  const amounts = await rerate(context, settled, close, laneSequence);
  ensure(
    amounts.totalMicros <= quote.capMicros,
    'OVER_CAP',
    `the revised bill of ${sessionId} is above the cap that the driver consented to`,
  );
  ensure(
    open.authorisedBy === 'home' || amounts.totalMicros <= totalMicros,
    'OVER_EXPOSURE',
    `${sessionId} was charged on a kept profile: its revision may not be higher`,
  );
  return amounts;
};
