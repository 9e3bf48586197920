import { createLogger } from '@roamgrid/service-kit';
import { startRounds } from '@roamgrid/service-kit/runtime';
import { auditedNettingPage, type PaymentRecord } from '@roamgrid/wire';
import type { ServedBank } from '../bank/served-bank.ts';
import type { LocalSystem } from '../system/system.ts';

const LOOK_EVERY_MS = 5_000;

/** Whether somebody has to pay, or waits for, a payment that goes by bank. */
const isForBank = ({ state, sent }: PaymentRecord): boolean =>
  state !== 'confirmed' && sent.every(({ kind }) => kind === 'bank');

/** Starts the bank when the ledger has a first payment for it; until then nothing of a bank runs. */
export const watchPayments = (
  system: LocalSystem,
  bank: ServedBank,
  paysByToken: (one: string, other: string) => boolean,
): { stop(): Promise<void> } => {
  const [utility] = system.utilities;
  return startRounds(
    'payments for a bank',
    LOOK_EVERY_MS,
    async () => {
      if (utility === undefined || bank.doors.length > 0) return;
      const url = `${utility.gateway.url}/auditor/v1/nettings?state=open&limit=500`;
      const { items } = await utility.auditor('GET', url, undefined, auditedNettingPage);
      const payments = items.flatMap((netting) => netting.payments);
      if (payments.some((each) => isForBank(each) && !paysByToken(each.payer, each.payee)))
        await bank.start();
    },
    createLogger('payments', { level: 'error' }),
  );
};
