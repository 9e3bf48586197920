import { isDeepStrictEqual } from 'node:util';
import type { Stage } from '../stage.ts';
import { until } from '../until.ts';
import { PRICE } from './commands.ts';
import type { Say } from './exercise.ts';

const AT = '2026-06-01T10:00:00Z';
const PSP = 'psp-1';

/** Adjusted by −5 %. */
const ENERGY = { prices: [{ priceKwh: 0.285 }], taxRates: [{ type: 'VAT', tax: 7 }] };

/** What a station of 2.1 says that one of 2.0.1 has no words for. Spec: OCPP 2.1 part 2 §1. */
export const says21 = async (say: Say, { edge, answers, heard }: Stage, stationId: string): Promise<void> => {
  await until(
    'the station said what it can do',
    () => edge.live.of(stationId)?.known.abilities !== undefined,
  );
  const { authorize } = answers;
  answers.authorize = () => Promise.resolve({ status: 'accepted', texts: [], price: PRICE });
  const takesTariffs = edge.live.of(stationId)?.known.abilities?.takesTariffs === true;
  await say('Authorize', { idToken: { idToken: '04A2B3C4', type: 'ISO14443' } }, ({ tariff }) => {
    const { currency, energy } = (tariff ?? {}) as { readonly currency?: string; readonly energy?: object };
    return takesTariffs ? currency === 'USD' && isDeepStrictEqual(energy, ENERGY) : tariff === undefined;
  });
  answers.authorize = authorize;
  const costDetails = {
    totalCost: { currency: 'USD', typeOfCost: 'NormalCost', total: { exclTax: 1, inclTax: 1.07 } },
    totalUsage: { energy: 3_500, chargingTime: 3_600, idleTime: 0 },
  };
  await say(
    'TransactionEvent',
    {
      ...{ eventType: 'Updated', timestamp: AT, triggerReason: 'RunningCost', seqNo: 3, costDetails },
      transactionInfo: { transactionId: 'a3f0c6de-1', tariffId: 'T-1' },
    },
    () => heard.transactions.at(-1)?.report.stationCost?.totalMicros === 1_070_000n,
  );
  const settlement = { pspRef: PSP, status: 'Settled', settlementAmount: 5.5, settlementTime: AT };
  await say(
    'NotifySettlement',
    settlement,
    () => edge.notes.of(stationId).settlements.at(-1)?.amount === '5.5',
  );
};
