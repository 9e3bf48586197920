import { NETTING_TIMES } from '@roamgrid/wire';
import { netRound, nettingIn, nettingsOf, type AuditedNetting } from '../scenario/settle.ts';
import { AskFailed } from '../system/ask.ts';
import { tell } from '../system/register.ts';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';
import { CURRENCY } from './cast.ts';
import { isExact, latePayerChecks, type LatePayerReport } from './late-payer-report.ts';
import { invoicesOf, paidOf, roundOf } from './round.ts';
import { startNettingStage, type NettingStage, type Ride, type StageOptions } from './stage.ts';

const DEFAULTER = 'USALP';
/** Georgia Power owes too: less once the defaulter is left out than before, so that what it paid too much comes back. */
const RIDES: readonly Ride[] = [
  { home: 'USALP', visited: 'USDUK', energyWh: 8_300n },
  { home: 'USGPC', visited: 'USALP', energyWh: 3_100n },
  { home: 'USGPC', visited: 'USDUK', energyWh: 9_700n },
];
const MINUTE_MS = 60_000;

/** What the ledger says to something that it is to refuse. */
const refusalOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
    return 'taken';
  } catch (thrown) {
    if (!(thrown instanceof AskFailed)) throw thrown;
    return thrown.message.replace(/^\S+ \S+: /, '');
  }
};

const castSeen = ({ record, payments }: AuditedNetting) => ({
  nettingId: record.nettingId,
  without: [...record.without],
  positions: [...record.positions],
  payments: [...paidOf(payments)],
  carriedPairs: record.carriedPairs.length,
});

const sayDefault = (payee: RunningUtility, commandId: string, nettingId: string, paymentId: string) =>
  tell(payee.operator, payee, 'netting', 'default', { commandId, nettingId, paymentId });

/** One member's bank rejects its payments until the grace is over; the rest is netted anew, and it pays in the next round. */
export const livePayingLate = async (stage: NettingStage): Promise<LatePayerReport> => {
  const { system, clock, utilities, bank, broke } = stage;
  const members = utilities.map(({ definition }) => definition.utilityId);
  const payee = system.utility('USDUK');
  const defaulter = system.utility(DEFAULTER);
  const { periodId } = await stage.charge(RIDES);
  const earlier = new Set((await invoicesOf(utilities, periodId)).map(({ invoiceId }) => invoiceId));
  await stage.invoice(periodId);
  broke.add(DEFAULTER);
  const open = await netRound(payee, periodId, CURRENCY);
  const unpaid = open.payments.find(({ payer }) => payer === DEFAULTER);
  if (unpaid === undefined) throw new Error(`${DEFAULTER} owes nothing`);
  for (const payment of open.payments) if (payment.payer !== DEFAULTER) await bank.pay(payment);
  await bank.start();
  const { attempts } = await until(`a refusal by the bank of ${DEFAULTER}`, async () => {
    const state = await bank.stateOf(DEFAULTER);
    const last = state.attempts.filter(({ paymentId }) => paymentId === unpaid.paymentId).at(-1);
    return last?.state === 'rejected' ? state : undefined;
  });
  const reasons = attempts.flatMap(({ paymentId, reasons: said }) =>
    paymentId === unpaid.paymentId ? said.map(({ code }) => code) : [],
  );
  const { nettingId } = open.record;
  const firstNow = await nettingIn(payee, periodId, open.record.round, CURRENCY, 'open');

  await clock.sleep(open.record.dueAtMs - clock.nowMs() + MINUTE_MS);
  const saidTooEarly = await refusalOf(
    sayDefault(payee, `early-${unpaid.paymentId}`, nettingId, unpaid.paymentId),
  );
  await clock.sleep(NETTING_TIMES.graceMs);
  await sayDefault(payee, `default-${unpaid.paymentId}`, nettingId, unpaid.paymentId);
  const recast = await until('the netting without who did not pay', async () =>
    (await nettingsOf(payee, periodId)).find(
      ({ record }) => record.round === open.record.round && record.currency === CURRENCY && record.cast === 2,
    ),
  );
  const paidFallenAway = await refusalOf(
    tell(defaulter.operator, defaulter, 'payment', 'send', {
      commandId: `late-${unpaid.paymentId}`,
      paymentId: unpaid.paymentId,
      means: { kind: 'bank', endToEndId: unpaid.paymentId },
    }),
  );
  for (const payment of recast.payments) await bank.pay(payment);
  const settled = await nettingIn(payee, periodId, open.record.round, CURRENCY, 'settled');

  broke.delete(DEFAULTER);
  const again = await netRound(payee, periodId, CURRENCY);
  for (const payment of again.payments) await bank.pay(payment);
  const later = await nettingIn(payee, periodId, again.record.round, CURRENCY, 'settled');
  const invoices = (await invoicesOf(utilities, periodId)).filter(({ invoiceId }) => !earlier.has(invoiceId));
  const verdict = await system.ledger.verify();
  const reading = {
    chain: verdict.verified ? ('verified' as const) : ('broken' as const),
    members,
    defaulter: DEFAULTER,
    first: castSeen(firstNow),
    bankSaid: [...new Set(reasons)],
    saidTooEarly,
    recast: castSeen(settled),
    paidFallenAway,
    later: roundOf(later, invoices),
    firstDueAtMs: open.record.dueAtMs,
    paidAtMs: Math.max(...later.payments.map(({ confirmedAtMs = 0 }) => confirmedAtMs)),
  };
  return {
    scenario: 'late-payer',
    ledger: system.ledger.kind,
    ...reading,
    exact: isExact(reading),
    checks: [...latePayerChecks(reading)],
  };
};

/** `roamgrid scenario late-payer` */
export const runLatePayer = async (options: StageOptions): Promise<LatePayerReport> => {
  const stage = await startNettingStage(options);
  try {
    return await livePayingLate(stage);
  } finally {
    await stage.close();
  }
};
