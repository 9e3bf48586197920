import { auditedUtilityPage, carries, type UtilityRecord } from '@roamgrid/wire';
import { publicHalf } from './key-ring.ts';
import { tell } from './register.ts';
import { until } from './until.ts';
import type { RunningUtility } from './utility.ts';

const YEAR_MS = 365 * 86_400_000;

/** A utility's registration as another one's gateway shows it, once it has the status. */
const shownTo = (
  watcher: RunningUtility,
  utilityId: string,
  status: UtilityRecord['status'],
): Promise<UtilityRecord> =>
  until(`${utilityId} as ${status}`, async () => {
    const url = `${watcher.gateway.url}/auditor/v1/utilities`;
    const { items } = await watcher.auditor('GET', url, undefined, auditedUtilityPage);
    return items.find((each) => each.utilityId === utilityId && each.status === status);
  });

/** Apply for membership, or state it anew: whose CINs a utility issues, where its AAA node is, which keys sign for it. */
export const register = (
  utility: RunningUtility,
  nowMs: number,
  {
    commandId = `register-${utility.definition.utilityId}`,
    ...stated
  }: { commandId?: string; tokenEpoch?: number } = {},
) =>
  tell(utility.operator, utility, 'consortium', 'registerUtility', {
    commandId,
    utility: {
      utilityId: utility.definition.utilityId,
      name: utility.definition.name,
      oidcIssuer: utility.aaa.issuer,
      aaaUrl: utility.aaa.url,
      signingKeys: [publicHalf(utility.signingKey)],
      offlineKeys: utility.offlineKeys,
      validUntilMs: nowMs + YEAR_MS,
      ...stated,
    },
  });

/** Vote for an application as it stands. */
async function admit(voter: RunningUtility, utilityId: string): Promise<void> {
  const { statusVersion } = await shownTo(voter, utilityId, 'applied');
  await tell(voter.operator, voter, 'consortium', 'vote', {
    commandId: `admit-${utilityId}`,
    utilityId,
    version: statusVersion,
    decision: 'admit',
    yes: true,
  });
}

/** Found a consortium: its first utility is a member at once, each next one when a majority of those before admits it. */
export async function foundConsortium(utilities: readonly RunningUtility[], nowMs: number): Promise<void> {
  const members: RunningUtility[] = [];
  for (const utility of utilities) {
    const { utilityId } = utility.definition;
    await register(utility, nowMs);
    for (const [index, voter] of members.entries()) {
      await admit(voter, utilityId);
      if (carries('admit', index + 1, members.length)) break;
    }
    members.push(utility);
    for (const member of members) await shownTo(member, utilityId, 'active');
  }
}
