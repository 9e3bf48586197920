import { contest } from '@roamgrid/aaa-node';
import { parseDecimal, unwrap } from '@roamgrid/domain';
import type { Platform } from '@roamgrid/ocpi';
import { isExactNumber, parseJsonKeepingNumbers, type ExactNumber } from '@roamgrid/wire';
import { z } from 'zod';
import { disputeIn, monthAfter, runBills } from '../disputes/ask-nodes.ts';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';
import type { OcpiReading } from './report.ts';
import type { OcpiStage } from './stage.ts';

const exactNumber = z.custom<ExactNumber>(isExactNumber);
const toldCredit = z.looseObject({
  id: z.string(),
  credit: z.boolean().optional(),
  credit_reference_id: z.string().optional(),
  total_cost: z.looseObject({ incl_vat: exactNumber }),
});

/** The CDRs that a partner was told after the first one. */
const toldAfter = (platform: Platform): OcpiReading['credits']['theirs']['told'] =>
  platform.heard
    .filter(({ path }) => path === '/receiver/cdrs')
    .slice(1)
    .map(({ body }) => toldCredit.parse(unwrap(parseJsonKeepingNumbers(body))))
    .map(({ id, credit_reference_id: creditOf = '', total_cost: { incl_vat: total } }) => ({
      ...{ id, creditOf },
      totalMicros: unwrap(parseDecimal(total.value, 6)),
    }));

/** What home's books make of a dispute, on the ledger and on the customer's next bill. */
const correctedAt = async (
  home: RunningUtility,
  periodId: string,
  sessionId: string,
): Promise<OcpiReading['credits']['theirs']['corrected']> => {
  const {
    disputedMicros = 0n,
    answeredMicros = 0n,
    reason = '',
  } = await disputeIn(home, 'home', sessionId, ['settled']);
  const correction = await until(`the correction of ${sessionId} on a bill`, async () => {
    const bills = await runBills(home, monthAfter(periodId));
    return bills.flatMap(({ corrections = [] }) => corrections).find((each) => each.sessionId === sessionId);
  });
  return { reason, noteMicros: disputedMicros - answeredMicros, billedMicros: correction.totalMicros };
};

/** Duke Energy credits what the partner's driver charged there, after the month was invoiced and billed. */
const creditTheirs = async ({ alabama, duke, progress }: OcpiStage, sessionId: string): Promise<void> => {
  progress(
    'the partner’s driver was not there: Alabama Power contests the record, and Duke Energy credits it',
  );
  const body = z.encode(contest, {
    sessionId,
    reason: 'DRIVER',
    statement: 'He says that he was not there.',
  });
  await alabama.operator('POST', `${alabama.aaa.url}/operator/v1/disputes`, body);
  const { disputeId } = await disputeIn(duke, 'visited', sessionId, ['disputed']);
  await duke.operator('POST', `${duke.aaa.url}/operator/v1/disputes/${disputeId}/answer`, {
    outcome: 'credited',
    statement: 'The log shows another card.',
  });
};

/** Both sessions are corrected after they were billed: one by a dispute, one by a credit and a corrected CDR of the partner's. */
export const creditBoth = async (
  stage: OcpiStage,
  platform: Platform,
  periodId: string,
  {
    theirs,
    ours,
    correctOurs,
  }: {
    readonly theirs: string;
    readonly ours: string;
    /** The partner credits its CDR and tells another one. @returns what that one costs */
    readonly correctOurs: () => Promise<bigint>;
  },
): Promise<OcpiReading['credits']> => {
  const { alabama, duke, progress } = stage;
  await creditTheirs(stage, theirs);
  progress('the partner credits what Duke Energy’s driver charged at its station, and tells a lower CDR');
  const toldMicros = await correctOurs();
  const told = await until('the credit at the partner', () => {
    const all = toldAfter(platform);
    return Promise.resolve(all.length > 0 ? all : undefined);
  });
  return {
    theirs: { told, corrected: await correctedAt(alabama, periodId, theirs) },
    ours: { toldMicros, corrected: await correctedAt(duke, periodId, ours) },
  };
};
