import { contest } from '@roamgrid/aaa-node';
import {
  auditedDisputePage,
  auditedInvoicePage,
  invoiceRunAnswer,
  sessionCloseBody,
  sessionEvidence,
  type Bill,
  type Cdr,
} from '@roamgrid/wire';
import { z } from 'zod';
import { AskFailed } from '../system/ask.ts';
import { until } from '../system/until.ts';
import { visit } from '../scenario/charge.ts';
import { committedCdr } from '../scenario/report.ts';
import { netRound } from '../scenario/settle.ts';
import { CAR } from '../scenario/story.ts';
import { disputeIn, disputesAt, monthAfter, runBills } from './ask-nodes.ts';
import {
  disputeChecks,
  FATES,
  isExact,
  type DisputeReading,
  type DisputeReport,
  type Fate,
  type RecordSeen,
} from './dispute-report.ts';
import { lowerClose } from './revised-close.ts';
import { onStage, SHORT_MS, type DisputeStage, type DisputeStoryOptions } from './stage.ts';

const PLANNED_MS = 3_600_000;
const REQUESTED_WH = 5_000n;
const PADDED_WH = 20_000n;
const PAUSE_MS = 60_000;
/** A kilowatt-hour that the visited utility agrees was not the driver's. */
const LESS_MILLI_WH = 1_000_000n;

/** The outlet’s meter is made to count ten times what the outlet, as it is registered, can give. */
const TAMPERED = { maxPowerW: 500_000n, vehicle: { ...CAR, maxPowerW: 400_000n } };

type Sessions = ReadonlyMap<Fate, Cdr>;

const charge = async ({ outlet, clock, cin, visited, progress }: DisputeStage): Promise<Sessions> => {
  const sessions = new Map<Fate, Cdr>();
  for (const fate of FATES) {
    progress(`a session, whose record is to be "${fate}"`);
    const isPadded = fate === 'padded';
    const { bill } = await visit(
      outlet(isPadded ? TAMPERED : {}),
      clock,
      cin,
      isPadded ? PADDED_WH : REQUESTED_WH,
      PLANNED_MS,
    );
    sessions.set(fate, await committedCdr(visited, bill.sessionId));
    await clock.sleep(PAUSE_MS);
  }
  return sessions;
};

const of = (sessions: Sessions, fate: Fate): Cdr => {
  const found = sessions.get(fate);
  if (found === undefined) throw new Error(`no session was ${fate}`);
  return found;
};

/** Home’s operator contests a record, which the node may have yet to read. */
const contestOne = async (
  { home }: DisputeStage,
  sessionId: string,
  reason: 'RATING' | 'DRIVER',
  statement: string,
): Promise<void> => {
  const body = z.encode(contest, { sessionId, reason, statement });
  await until(`the record of ${sessionId} at home`, async () => {
    try {
      await home.operator('POST', `${home.aaa.url}/operator/v1/disputes`, body);
      return true;
    } catch (thrown) {
      if (thrown instanceof AskFailed && thrown.message.includes('RECORD_UNKNOWN')) return undefined;
      throw thrown;
    }
  });
};

/** One because home is mistaken, the others because the driver says so. */
const contestThem = async (stage: DisputeStage, sessions: Sessions): Promise<void> => {
  const what = {
    wrongly: ['RATING', 'Our own rating comes to something else.'],
    revised: ['DRIVER', 'The driver says that the last kilowatt-hour went elsewhere.'],
    silent: ['DRIVER', 'The driver says that he was not there.'],
    upheld: ['DRIVER', 'The driver says that his wife was not there.'],
  } as const;
  for (const [fate, [reason, statement]] of Object.entries(what)) {
    await contestOne(stage, of(sessions, fate as keyof typeof what).sessionId, reason, statement);
  }
};

/** The visited utility’s operator says what no node can: one record is revised, one is stood by, one is left. */
const answerThem = async (
  { visited, definition, system }: DisputeStage,
  sessions: Sessions,
): Promise<void> => {
  const { settledBody } = await visited.auditor(
    'GET',
    `${visited.gateway.url}/auditor/v1/sessions/${of(sessions, 'revised').sessionId}`,
    undefined,
    sessionEvidence,
  );
  if (settledBody === undefined) throw new Error('the visited utility has no settled session');
  const close = lowerClose(settledBody, LESS_MILLI_WH, definition, system.keys);
  const answers = {
    revised: {
      outcome: 'revised',
      statement: 'The cable was in the socket for a minute after he left.',
      close: z.encode(sessionCloseBody, close),
    },
    upheld: { outcome: 'upheld', statement: 'The camera shows the car.' },
  } as const;
  for (const [fate, answer] of Object.entries(answers)) {
    const { sessionId } = of(sessions, fate as keyof typeof answers);
    const { disputeId, isDecidable } = await disputeIn(visited, 'visited', sessionId, ['disputed']);
    if (isDecidable !== false) throw new Error(`${sessionId} does not wait for a person`);
    await visited.operator('POST', `${visited.aaa.url}/operator/v1/disputes/${disputeId}/answer`, answer);
  }
};

const waitFor = async (
  { home }: DisputeStage,
  sessions: Sessions,
  ends: Readonly<Partial<Record<Fate, 'disputed' | 'credited' | 'upheld' | 'settled'>>>,
): Promise<void> => {
  for (const [fate, state] of Object.entries(ends))
    await disputeIn(home, 'home', of(sessions, fate as Fate).sessionId, [state]);
};

/** Everything between the invoice and the last word on each record. */
const dispute = async (stage: DisputeStage, sessions: Sessions, periodId: string): Promise<void> => {
  const { home, visited, clock, progress } = stage;
  progress('Duke Energy invoices; Alabama Power’s node checks every record and disputes what fails');
  await visited.operator(
    'POST',
    `${visited.aaa.url}/operator/v1/periods/${periodId}/invoices`,
    undefined,
    invoiceRunAnswer,
  );
  await waitFor(stage, sessions, { padded: 'credited', wrongly: 'upheld', silent: 'disputed' });
  progress('Duke Energy’s node answered what figures decide; its operator answers two of the rest');
  await answerThem(stage, sessions);
  const { disputeId } = await disputeIn(home, 'home', of(sessions, 'wrongly').sessionId, ['upheld']);
  await home.operator('POST', `${home.aaa.url}/operator/v1/disputes/${disputeId}/accept`, undefined);
  await waitFor(stage, sessions, { revised: 'settled', wrongly: 'settled', upheld: 'upheld' });
  progress(
    'one more record is contested, on the invoice that was accepted; Duke Energy’s operator credits it',
  );
  const { sessionId } = of(sessions, 'late');
  await contestOne(stage, sessionId, 'DRIVER', 'The driver says that he reads bills late.');
  const late = await disputeIn(visited, 'visited', sessionId, ['disputed']);
  await visited.operator('POST', `${visited.aaa.url}/operator/v1/disputes/${late.disputeId}/answer`, {
    outcome: 'credited',
    statement: 'The log shows another card.',
  });
  await waitFor(stage, sessions, { late: 'settled' });
  progress('the agreed time passes in silence');
  await clock.sleep(SHORT_MS + PAUSE_MS);
  await waitFor(stage, sessions, { silent: 'credited', upheld: 'settled' });
};

/** What a utility sees of it that is no party. */
const thirdSees = async ({ third }: DisputeStage, sessions: Sessions): Promise<DisputeReading['third']> => {
  const url = `${third.gateway.url}/auditor/v1/disputes?limit=500`;
  const { items } = await third.auditor('GET', url, undefined, auditedDisputePage);
  const values = items.flatMap((item) => Object.values(item).map(String));
  const knows = [...sessions.values()].some(
    ({ sessionId, totalMicros }) => values.includes(sessionId) || values.includes(totalMicros.toString()),
  );
  return { disputes: items.length, knows };
};

const recordsAt = async (
  { home, visited }: DisputeStage,
  sessions: Sessions,
  periodId: string,
): Promise<Pick<DisputeReading, 'records' | 'invoicedMicros'>> => {
  const lines = new Map((await disputesAt(home, 'home')).map((line) => [line.sessionId, line]));
  const url = `${visited.gateway.url}/auditor/v1/invoices?utilityId=${visited.definition.utilityId}&periodId=${periodId}&limit=500`;
  const { items } = await visited.auditor('GET', url, undefined, auditedInvoicePage);
  const supplements = new Map(items.map(({ record, body }) => [record.invoiceId, body]));
  const invoicedMicros = items
    .filter(({ record }) => record.supplementTo === undefined)
    .reduce((total, { body }) => total + (body?.totalMicros ?? 0n), 0n);
  const records = [...sessions].map(([fate, { sessionId, totalMicros, shares }]): RecordSeen => {
    const line = lines.get(sessionId);
    const body = line?.supplementId === undefined ? undefined : supplements.get(line.supplementId);
    if (line?.state === 'raised') throw new Error(`${sessionId} was never disputed on the ledger`);
    return {
      fate,
      sessionId,
      totalMicros,
      payableMicros: shares.vun + shares.infrastructure,
      driverMicros: shares.driver,
      ...(line && { state: line.state }),
      ...(line?.reason && { reason: line.reason }),
      ...(line?.evidence && { evidence: line.evidence }),
      ...(line?.answeredMicros !== undefined && { answeredMicros: line.answeredMicros }),
      ...(body && {
        supplement: {
          invoiceId: body.invoiceId,
          totalMicros: body.totalMicros,
          payableMicros: body.payableMicros,
          driverMicros: body.shares.driver,
        },
      }),
    };
  });
  return { records, invoicedMicros };
};

const countLines = (bills: readonly Bill[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { sessionId } of bills.flatMap(({ lines }) => lines))
    counts[sessionId] = (counts[sessionId] ?? 0) + 1;
  return counts;
};

/** What came of the story. */
export interface DisputesLived {
  readonly reading: Omit<DisputeReading, 'chain'>;
  /** The customer's: the one that was issued before anything was disputed, and the one that corrects it. */
  readonly bills: { readonly first: Bill; readonly later: Bill };
}

/** Lives the disputes on a consortium that runs, and reads what both sides came to. */
export const liveDisputes = async (stage: DisputeStage): Promise<DisputesLived> => {
  const { home, visited, progress } = stage;
  const sessions = await charge(stage);
  const periodId = new Date(of(sessions, 'honest').endMs).toISOString().slice(0, 7);
  await contestThem(stage, sessions);
  progress('Alabama Power bills its customer before Duke Energy’s invoice comes');
  const first = await runBills(home, periodId);
  await dispute(stage, sessions, periodId);
  const third = await thirdSees(stage, sessions);
  const { records, invoicedMicros } = await recordsAt(stage, sessions, periodId);
  progress('the period is netted: what was accepted, what came back, and the credit note');
  const { record: netting } = await netRound(visited, periodId, 'USD');
  const position = netting.positions.find(({ utilityId }) => utilityId === visited.definition.utilityId);
  const later = await runBills(home, monthAfter(periodId));
  const bills = [...first, ...later];
  const reading = {
    records,
    invoicedMicros,
    nettedMicros: position?.netMicros ?? 0n,
    billedMicros: bills.reduce((total, { payableMicros }) => total + payableMicros, 0n),
    linesPerSession: countLines(bills),
    corrections: later
      .flatMap(({ corrections = [] }) => corrections)
      .map(({ sessionId, totalMicros }) => ({ sessionId, totalMicros })),
    third,
  };
  const [issued, corrects] = bills;
  if (issued === undefined || corrects === undefined) throw new Error('the customer has no two bills');
  return { reading, bills: { first: issued, later: corrects } };
};

/**
 * A customer of Alabama Power's charges seven times at Duke Energy. One record is padded by a meter that was tampered with, five
 * are contested; each is decided in another way: by the nodes' own checks, by people, or by the silence of one side.
 */
export const runDispute = async (options: DisputeStoryOptions): Promise<DisputeReport> => {
  const { told, chain } = await onStage(options, liveDisputes);
  const reading = { chain, ...told.reading };
  return {
    scenario: 'dispute',
    ledger: options.ledger.kind,
    ...reading,
    exact: isExact(reading),
    checks: [...disputeChecks(reading)],
  };
};
