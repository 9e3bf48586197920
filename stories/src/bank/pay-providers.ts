import { payoutPage, type Payout } from '@roamgrid/wire';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';
import type { Banking } from './banking.ts';
import type { PayoutSeen } from './report.ts';

/**
 * A utility pays its infrastructure providers their shares of a period by its bank, which takes the first transfer of each back;
 * a person then asks for another.
 * @param shareMicros what the providers' shares of the period's records come to
 */
export const payProviders = async (
  banking: Banking,
  utility: RunningUtility,
  periodId: string,
  shareMicros: bigint,
): Promise<readonly PayoutSeen[]> => {
  const url = `${utility.aaa.url}/operator/v1`;
  const made = await until(`payouts of ${periodId}`, async () => {
    // The node hears of records when its gateway has read them: until then less is owed.
    const told = await utility.operator('POST', `${url}/periods/${periodId}/payouts`, undefined, payoutPage);
    const counted = told.payouts.reduce((sum, each) => sum + each.shareMicros, 0n);
    return counted === shareMicros ? told.payouts : undefined;
  });
  const desk = banking.desk(utility.definition.utilityId);
  const reaches = (payoutId: string, state: Payout['state']): Promise<Payout> =>
    until(`${payoutId} ${state}`, async () => {
      await banking.turn();
      const { payouts } = await utility.operator('GET', `${url}/payouts`, undefined, payoutPage);
      return payouts.find((each) => each.payoutId === payoutId && each.state === state);
    });
  const seen: PayoutSeen[] = [];
  for (const { payoutId, ...payout } of made) {
    const { state } = payout.state === 'carried' ? payout : await reaches(payoutId, 'returned');
    if (state === 'returned') desk.retry(payoutId);
    const end = state === 'returned' ? await reaches(payoutId, 'paid') : payout;
    const { providerId, currency, broughtMicros, amountMicros, carriedMicros } = payout;
    seen.push({
      payoutId,
      providerId,
      currency,
      shareMicros: payout.shareMicros,
      broughtMicros,
      amountMicros,
      carriedMicros,
      state,
      endState: end.state,
    });
  }
  return seen;
};
