import { startPlatform } from '@roamgrid/ocpi';
import { auditedBlocks, auditedInvoicePage } from '@roamgrid/wire';
import { runBills } from '../disputes/ask-nodes.ts';
import { invoicePeriod } from '../scenario/settle.ts';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';
import { OUR_CHIP, THEIR_CARD, tokenOf } from './cast.ts';
import { creditBoth } from './credits.ts';
import { chargeOurs } from './ours.ts';
import { bringIn } from './register-partner.ts';
import { isExact, ocpiChecks, type OcpiReading, type OcpiReport } from './report.ts';
import { onOcpiStage, type OcpiStage, type OcpiStoryOptions } from './stage.ts';
import { chargeTheirs } from './theirs.ts';

const invoicesOf = async (visited: RunningUtility, periodId: string): Promise<OcpiReading['invoices']> => {
  const url = `${visited.gateway.url}/auditor/v1/invoices?periodId=${periodId}&limit=500`;
  const { items } = await visited.auditor('GET', url, undefined, auditedInvoicePage);
  return items.flatMap(({ record, body }) =>
    body !== undefined && record.vun === visited.definition.utilityId
      ? [{ id: record.invoiceId, vun: record.vun, totalMicros: body.totalMicros }]
      : [],
  );
};

const payableOf = (home: RunningUtility, periodId: string, sessionId: string): Promise<bigint> =>
  until(`the bill with ${sessionId}`, async () => {
    const bills = await runBills(home, periodId);
    return bills.find(({ lines }) => lines.some((line) => line.sessionId === sessionId))?.payableMicros;
  });

/** What each invoices the other for the month, and what the two homes bill for the sessions. */
const settle = async (
  { alabama, duke, progress }: OcpiStage,
  periodId: string,
  sessions: { readonly theirs: string; readonly ours: string },
): Promise<Pick<OcpiReading, 'invoices' | 'bills'>> => {
  await invoicePeriod(duke, [alabama], periodId, progress);
  await invoicePeriod(alabama, [duke], periodId, progress);
  progress('each home bills its customers: the driver, and the one that stands in for the partner’s');
  return {
    invoices: [...(await invoicesOf(duke, periodId)), ...(await invoicesOf(alabama, periodId))],
    bills: {
      standIn: await payableOf(alabama, periodId, sessions.theirs),
      driver: await payableOf(duke, periodId, sessions.ours),
    },
  };
};

/** At how many places the ledger's blocks have a card's number in the clear. */
const numbersIn = async ({ duke }: OcpiStage): Promise<number> => {
  let found = 0;
  for (let next: number | undefined = 0; next !== undefined;) {
    const url = `${duke.gateway.url}/auditor/v1/blocks?from=${next}`;
    const page: (typeof auditedBlocks)['_output'] = await duke.auditor('GET', url, undefined, auditedBlocks);
    for (const block of page.blocks) {
      const bytes = Buffer.from(block, 'base64');
      for (const number of [THEIR_CARD.uid, THEIR_CARD.contractId, OUR_CHIP])
        if (bytes.includes(number)) found += 1;
    }
    next = page.next;
  }
  return found;
};

/** Lives the story on a consortium that runs, and reads what each side shows of it. */
export const liveOcpi = async (stage: OcpiStage): Promise<Omit<OcpiReading, 'chain'>> => {
  const platform = await startPlatform('2.2.1', ['sessions RECEIVER', 'cdrs RECEIVER', 'tokens SENDER']);
  // The partner has the last word on its card, at each swipe.
  platform.say(({ method, path }) =>
    method === 'POST' && path.includes('/authorize')
      ? {
          data: {
            allowed: 'ALLOWED',
            token: tokenOf(true, stage.clock.nowMs()),
            authorization_reference: 'RJN-A-1',
          },
        }
      : undefined,
  );
  try {
    const partner = await bringIn(stage, platform);
    const theirs = await chargeTheirs(stage, platform, partner);
    const { ours, correct } = await chargeOurs(stage, platform, partner);
    const sessions = { theirs: theirs.recorded.sessionId, ours: ours.recorded.sessionId };
    const periodId = new Date(stage.clock.nowMs()).toISOString().slice(0, 7);
    const settled = await settle(stage, periodId, sessions);
    const credits = await creditBoth(stage, platform, periodId, { ...sessions, correctOurs: correct });
    const { token: _token, ...known } = partner;
    return { partner: known, theirs, ours, ...settled, credits, numbersOnLedger: await numbersIn(stage) };
  } finally {
    platform.close();
  }
};

/** `roamgrid scenario ocpi`: a driver of an outside provider at a member's station, and the other way round. */
export const runOcpi = async (options: OcpiStoryOptions): Promise<OcpiReport> => {
  const { told, chain } = await onOcpiStage(options, liveOcpi);
  const reading = { ...told, chain };
  return {
    ...{ scenario: 'ocpi', ledger: options.ledger.kind },
    ...reading,
    exact: isExact(reading),
    checks: [...ocpiChecks(reading)],
  };
};
