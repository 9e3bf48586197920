import type { DisputeRecord } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';

const DAY = '2026-07-31'.length;
const MONTH = '2026-07'.length;

/** The settlement period, by the agreement, on whose list a record comes that was disputed: that in which it is agreed. */
export const periodNow = async (
  gateway: Pick<GatewayClient, 'agreement'>,
  { agreementId }: Pick<DisputeRecord, 'agreementId'>,
  nowMs: number,
): Promise<string> => {
  const { terms } = await gateway.agreement(agreementId);
  return new Date(nowMs).toISOString().slice(0, terms.settlementPeriod === 'day' ? DAY : MONTH);
};
