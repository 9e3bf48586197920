import { auditedSessionPage } from '@roamgrid/wire';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';

/** The session that was settled at a visited utility, beside those that are known. */
export const closedSession = (visited: RunningUtility, known: readonly string[] = []): Promise<string> =>
  until('the session is on the ledger', async () => {
    const url = `${visited.gateway.url}/auditor/v1/sessions`;
    const { items } = await visited.auditor('GET', url, undefined, auditedSessionPage);
    const found = items.find(
      ({ record }) =>
        record.state === 'closed' &&
        record.sessionId.startsWith(`${visited.definition.utilityId}-`) &&
        !known.includes(record.sessionId),
    );
    return found?.record.sessionId;
  });
