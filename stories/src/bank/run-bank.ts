import { join } from 'node:path';
import type { Temper } from '@roamgrid/bank';
import { steppedClock } from '@roamgrid/station-kit';
import {
  auditedNettingPage,
  auditedUnmatchedPage,
  countedMicros,
  isPayoutId,
  type PaymentRecord,
} from '@roamgrid/wire';
import { visit } from '../scenario/charge.ts';
import { committedCdr } from '../scenario/report.ts';
import { setUp } from '../scenario/set-up.ts';
import { settlePeriod } from '../scenario/settle.ts';
import { lastFullDayAt } from '../scenario/start-time.ts';
import { CAR, FIRST_SWIPE, LIVE_AREA_ID } from '../scenario/story.ts';
import { ALABAMA_POWER, DUKE_ENERGY, UTILITIES } from '../system/consortium.ts';
import { emptyState } from '../system/empty-state.ts';
import { FeedingClock } from '../system/feeding-clock.ts';
import { makeOutlet } from '../system/outlet.ts';
import { tell } from '../system/register.ts';
import { startSystem, type LedgerChoice } from '../system/system.ts';
import { until } from '../system/until.ts';
import type { RunningUtility, SystemTuning } from '../system/utility.ts';
import { startBanking, type Banking } from './banking.ts';
import { payProviders } from './pay-providers.ts';
import { bankChecks, EXPECTED, FATES, isExact, type BankReport, type Fate, type FateSeen } from './report.ts';

const PLANNED_MS = 3_600_000;
const PATIENCE_MS = 6 * 3_600_000;
const REQUESTED_WH = 10_000n;
const PAUSE_MS = 60_000;

export interface BankStoryOptions {
  /** Folder of the run; what an earlier run left there is removed. */
  readonly stateDir: string;
  readonly progress: (text: string) => void;
  readonly ledger: LedgerChoice;
  readonly logLevel: SystemTuning['logLevel'];
  /** What the bank does to one payment after the other. */
  readonly fates?: readonly Fate[];
}

const recordOf = async (
  utility: RunningUtility,
  { paymentId, periodId }: PaymentRecord,
): Promise<PaymentRecord> => {
  const url = `${utility.gateway.url}/auditor/v1/nettings?periodId=${periodId}&limit=500`;
  const { items } = await utility.auditor('GET', url, undefined, auditedNettingPage);
  const found = items.flatMap(({ payments }) => payments).find((each) => each.paymentId === paymentId);
  if (found === undefined) throw new Error(`no payment ${paymentId} is known`);
  return found;
};

const unmatchedAt = async (utility: RunningUtility) => {
  const url = `${utility.gateway.url}/auditor/v1/unmatched?utilityId=${utility.definition.utilityId}&limit=500`;
  const { items } = await utility.auditor('GET', url, undefined, auditedUnmatchedPage);
  return items.filter(({ state }) => state === 'open').map(({ receipt }) => receipt.receiptId);
};

/** What a person does about it: nothing, pay again or the rest, give back what came twice, say what it was for. */
const putRight = async (
  fate: Fate,
  banking: Banking,
  payee: RunningUtility,
  payment: PaymentRecord,
): Promise<void> => {
  const { paymentId } = payment;
  const { utilityId } = payee.definition;
  if (fate === 'twice') {
    const receiptId = payment.receipts.at(-1)?.receiptId;
    await tell(payee.operator, payee, 'payment', 'undo', {
      commandId: `give-back-${paymentId}`,
      paymentId,
      receiptId,
      how: 'returned',
    });
  } else if (fate === 'nameless') {
    const [receiptId] = await unmatchedAt(payee);
    await tell(payee.operator, payee, 'payment', 'match', {
      commandId: `match-${paymentId}`,
      utilityId,
      receiptId,
      paymentId,
    });
  } else if (fate !== 'none') banking.desk(payment.payer).retry(paymentId);
};

interface Paying {
  readonly banking: Banking;
  readonly payer: RunningUtility;
  readonly payee: RunningUtility;
  readonly fate: Fate;
}

/** Lets the bank do what it does, looks, puts it right, looks again, and tells everything once more. */
const payThrough = async (
  { banking, payer, payee, fate }: Paying,
  payment: PaymentRecord,
): Promise<Omit<FateSeen, 'owedMicros' | 'carriedMicros'>> => {
  const { paymentId, currency, amountMicros } = payment;
  const expected = EXPECTED[fate];
  const attemptNow = async (): Promise<string> => {
    const { attempts } = await banking.desk(payer.definition.utilityId).state();
    return attempts.filter((each) => each.paymentId === paymentId).at(-1)?.state ?? 'none';
  };
  const both = async (state: string, attempt?: string): Promise<PaymentRecord> =>
    until(`${paymentId} ${state} at both`, async () => {
      await banking.turn();
      const [mine, theirs] = await Promise.all([recordOf(payer, payment), recordOf(payee, payment)]);
      const isThere = mine.state === state && theirs.state === state;
      return isThere && (attempt === undefined || (await attemptNow()) === attempt) ? mine : undefined;
    });
  const wrong = await both(expected.state, expected.attempt);
  const attempt = await attemptNow();
  const unmatched = await until('what is unmatched', async () => {
    const found = (await unmatchedAt(payee)).length;
    return found === expected.unmatched ? found : undefined;
  });
  await putRight(fate, banking, payee, wrong);
  const right = await both('confirmed');
  banking.closeDay();
  await banking.turn();
  const { told: toldAgain, repeated } = banking.tellAgain();
  await banking.turn();
  const again = await recordOf(payee, payment);
  return {
    fate,
    paymentId,
    currency,
    amountMicros,
    state: wrong.state,
    attempt,
    unmatched,
    endState: right.state,
    countedMicros: countedMicros(right),
    toldAgain,
    repeated,
    countedAgainMicros: countedMicros(again),
  };
};

/**
 * Alabama Power owes Duke Energy for a session in each round, and pays by a bank that does something else wrong each time.
 * What the ledger says comes from the bank's messages alone; what is left over of a cent goes on to the next round.
 */
export const runBank = async ({
  stateDir,
  progress,
  ledger,
  logLevel,
  fates = FATES,
}: BankStoryOptions): Promise<BankReport> => {
  await emptyState(stateDir);
  const [station] = DUKE_ENERGY.stations;
  const [definition] = station?.outlets ?? [];
  if (!station || !definition) throw new Error('Duke Energy has no station');
  const startMs = lastFullDayAt(Date.now(), station.timeZone, FIRST_SWIPE.hour, FIRST_SWIPE.minute);
  const story = steppedClock(startMs, Infinity);
  const system = await startSystem({
    stateDir,
    utilities: UTILITIES,
    ledger,
    tuning: { logLevel, simulated: { nowMs: story.nowMs, patienceMs: PATIENCE_MS, ledger: true } },
    progress,
  });
  let banking: Banking | undefined;
  try {
    const stage = await setUp(system, startMs, progress);
    const payee = system.utility(DUKE_ENERGY.utilityId);
    const payer = system.utility(ALABAMA_POWER.utilityId);
    const clock = new FeedingClock(story, {
      operators: [payee],
      areaId: LIVE_AREA_ID,
      demand: stage.hoursToCome,
    });
    let fate: Fate = 'none';
    // What is paid again, or the rest of it, has the number of its attempt behind a slash: that the bank does right.
    const temper: Temper = (endToEndId, time) => {
      if (time > 1 || endToEndId.includes('/')) return 'none';
      return isPayoutId(endToEndId) ? 'taken-back' : fate;
    };

    const payments: FateSeen[] = [];
    const invoices = new Map<string, bigint>();
    let leftMicros = 0n;
    let providerShareMicros = 0n;
    let lastPeriodId = '';
    for (const [at, next] of fates.entries()) {
      fate = next;
      const { outlet } = makeOutlet(payee, station, definition, system.keys, {
        clock,
        stateDir: join(stateDir, 'stations'),
        vehicle: CAR,
        timing: { stepMs: 10_000, readingEveryMs: 60_000 },
      });
      progress(`round ${at + 1}: a session, and a bank that does "${fate}"`);
      const seen = await visit(outlet, clock, stage.cin, REQUESTED_WH, PLANNED_MS);
      const cdr = await committedCdr(payee, seen.bill.sessionId);
      await clock.sleep(PAUSE_MS);
      const periodId = new Date(cdr.endMs).toISOString().slice(0, 7);
      providerShareMicros += cdr.shares.infrastructure;
      lastPeriodId = periodId;
      const paid: Omit<FateSeen, 'owedMicros' | 'carriedMicros'>[] = [];
      const settlement = await settlePeriod(payee, [payer], periodId, 'USD', progress, {
        isBilled: false,
        pay: async (payment) => {
          // The first payment by bank is what a bank is started for.
          banking ??= startBanking(
            system,
            [payer, payee].map((each) => each.definition.utilityId),
            temper,
            () => clock.nowMs(),
          );
          paid.push(await payThrough({ banking, payer, payee, fate }, payment));
        },
      });
      for (const { record, body } of settlement.invoices) invoices.set(record.invoiceId, body.payableMicros);
      const position = settlement.netting.positions.find(
        ({ utilityId }) => utilityId === DUKE_ENERGY.utilityId,
      );
      if (position === undefined) throw new Error('Duke Energy has no position');
      leftMicros = position.carriedMicros;
      for (const one of paid)
        payments.push({
          ...one,
          owedMicros: position.netMicros + position.broughtMicros + position.stoodMicros,
          carriedMicros: position.carriedMicros,
        });
    }
    if (banking === undefined) throw new Error('nothing was paid by bank');
    progress(`${payee.definition.name} pays its infrastructure provider`);
    const payouts = await payProviders(banking, payee, lastPeriodId, providerShareMicros);
    progress('verifying every block, signature and state again, from the files');
    const verdict = await system.ledger.verify();
    const reading = {
      chain: verdict.verified ? ('verified' as const) : ('broken' as const),
      payments,
      payouts: [...payouts],
      providerShareMicros,
      invoicedMicros: [...invoices.values()].reduce((total, each) => total + each, 0n),
      leftMicros,
    };
    return {
      scenario: 'bank',
      ledger: ledger.kind,
      ...reading,
      exact: isExact(reading),
      checks: [...bankChecks(reading)],
    };
  } finally {
    banking?.close();
    await system.close();
  }
};
