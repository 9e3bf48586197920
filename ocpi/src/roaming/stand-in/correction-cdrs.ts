import { meteredBy, parseSettled, type Cdr, type Settled, type ShownDispute } from '@roamgrid/wire';
import { isTree, type JsonTree } from '../../objects/read.ts';
import { dateTimeOf, numberOf, type OcpiNumber } from '../../objects/scalars.ts';
import { rateClose } from '../rate-close.ts';
import type { Machines } from './machines.ts';
import { recordOf, type Recorded } from './told-cdr.ts';

const CREDIT_MARK = '-C';
const REVISED_MARK = '-R';
/** Spec: OCPI 2.2.1 mod_cdrs CDR.id: credits have 39. */
const LONGEST_ID = 36;

/** What a record came to once its dispute is over; undefined as long as it is not, and where the record stands. */
export const outcomeOf = ({ record, answer }: ShownDispute): 'credited' | 'revised' | undefined => {
  const { state, late, answerHash } = record;
  if (late !== true && state === 'credited') return 'credited';
  // A late one is over when its credit note is out, one before that when its new invoice is.
  if (state !== 'settled') return undefined;
  if (answer === undefined && answerHash !== undefined)
    throw new Error('ANSWER_MISSING: the gateway no longer has what the dispute was answered');
  if (answer === undefined || answer.outcome === 'credited') return 'credited';
  return answer.outcome === 'revised' ? 'revised' : undefined;
};

export const creditIdOf = (cdrId: string): string => `${cdrId}${CREDIT_MARK}`;

const negated = (value: OcpiNumber): OcpiNumber => {
  const digits = value.value;
  if (digits.startsWith('-')) return numberOf(digits.slice(1));
  return Number(digits) === 0 ? value : numberOf(`-${digits}`);
};

/** A CDR of ours taken back. Spec: OCPI 2.2.1 and 2.3.0 mod_cdrs §Credit CDRs: all as it was, but for the sign of `total_cost`. */
export const creditFor = (original: JsonTree, nowMs: number): JsonTree => {
  const total = original['total_cost'];
  if (!isTree(total)) throw new Error('TOTAL_MISSING: the CDR has no total');
  const parts = Object.entries(total).map(([name, value]) => [name, negated(value as OcpiNumber)] as const);
  return {
    ...original,
    id: creditIdOf(String(original['id'])),
    total_cost: Object.fromEntries(parts),
    credit: true,
    credit_reference_id: original['id'],
    last_updated: dateTimeOf(nowMs),
  };
};

/** The record as it was revised, computed anew: it has to come to what was answered on the ledger. */
const revisedRecord = async (
  machines: Machines,
  { record, body, answer, revision }: ShownDispute,
  settled: Settled,
  meteredBefore: unknown,
): Promise<Cdr> => {
  if (body === undefined || answer === undefined || revision === undefined)
    throw new Error('ANSWER_MISSING: the gateway no longer has what the dispute was answered');
  const cdr = await rateClose(machines, record.agreementId, {
    ...{
      laneSequence: body.laneSequence,
      quote: settled.open.quote,
      meteredBy: meteredBy.parse(meteredBefore),
    },
    ...revision,
  });
  if (cdr.totalMicros !== answer.totalMicros || cdr.energyWh !== answer.energyWh)
    throw new Error('REVISION_DIFFERS: rated here it comes to something else than on the ledger');
  return cdr;
};

/** The CDR that comes in the place of one of ours whose record was revised. */
export const revisedFor = async (
  machines: Machines,
  dispute: ShownDispute,
  original: JsonTree,
  nowMs: number,
): Promise<JsonTree> => {
  const { body, revision, record } = dispute;
  const { settledBody } = await machines.evidence(body?.sessionId ?? '');
  if (settledBody === undefined || revision === undefined)
    throw new Error('SESSION_BODY_MISSING: the gateway has no body of it');
  const settled = parseSettled(settledBody);
  const cdr = await revisedRecord(machines, dispute, settled, original['metered_by']);
  const { station } = await machines.station(settled.open.quote.stationId, record.vun);
  const recorded: Recorded = { cdr, settled: { ...settled, close: revision }, station };
  const id = `${String(original['id'])}${REVISED_MARK}`;
  return {
    ...original,
    ...recordOf(recorded),
    id: id.length <= LONGEST_ID ? id : record.disputeId.slice(0, LONGEST_ID),
    last_updated: dateTimeOf(nowMs),
  };
};
