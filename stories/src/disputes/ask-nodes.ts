import { disputeLines, missingLines, type DisputeLine } from '@roamgrid/aaa-node';
import { bill, type Bill } from '@roamgrid/wire';
import { z } from 'zod';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';

/** What the operators of both sides ask their own nodes. */

type Side = 'home' | 'visited';

export const disputesAt = async (utility: RunningUtility, side: Side): Promise<readonly DisputeLine[]> => {
  const url = `${utility.aaa.url}/operator/v1/disputes?side=${side}`;
  return (await utility.operator('GET', url, undefined, disputeLines)).disputes;
};

/** The dispute about a session, once it is in a state. */
export const disputeIn = (
  utility: RunningUtility,
  side: Side,
  sessionId: string,
  states: readonly DisputeLine['state'][],
): Promise<DisputeLine & { readonly disputeId: string }> =>
  until(`the dispute about ${sessionId}: ${states.join(' or ')}`, async () => {
    const line = (await disputesAt(utility, side)).find((each) => each.sessionId === sessionId);
    const { disputeId } = line ?? {};
    return line && disputeId !== undefined && states.includes(line.state)
      ? { ...line, disputeId }
      : undefined;
  });

export const missingAt = (utility: RunningUtility, side: Side): Promise<z.output<typeof missingLines>> =>
  utility.operator(
    'GET',
    `${utility.aaa.url}/operator/v1/missing-records?side=${side}`,
    undefined,
    missingLines,
  );

export const runBills = async (utility: RunningUtility, periodId: string): Promise<readonly Bill[]> =>
  (
    await utility.operator(
      'POST',
      `${utility.aaa.url}/operator/v1/periods/${periodId}/bills`,
      { issue: true },
      z.strictObject({ bills: z.array(bill) }),
    )
  ).bills;

/** The month after a period. */
export const monthAfter = (periodId: string): string => {
  const [year = 0, month = 0] = periodId.split('-').map(Number);
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 7);
};
