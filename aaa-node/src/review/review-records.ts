import { canonicalJson } from '@roamgrid/wire';
import { agreement } from './checks/agreement.ts';
import { cap } from './checks/cap.ts';
import { energy } from './checks/energy.ts';
import { meterSignature } from './checks/meter-signature.ts';
import { overlapAtMeter, overlapAtOutlet, overlapOfCustomer } from './checks/overlap.ts';
import { rating } from './checks/rating.ts';
import { sequence } from './checks/sequence.ts';
import { time } from './checks/time.ts';
import {
  traceOf,
  type Check,
  type Finding,
  type RecordGround,
  type ReviewedRecord,
  type Trace,
} from './record.ts';

/** What is asked of every record by itself, what it is measured by before what it comes to. */
const CHECKS: readonly Check[] = [meterSignature, time, energy, agreement, cap, rating];

/** The first thing that is wrong with a record whatever others there are. */
export const reviewAlone = (record: ReviewedRecord, ground: RecordGround): Finding | undefined => {
  for (const check of CHECKS) {
    const found = check(record, ground);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** A record that was looked at. */
export interface Reviewed {
  readonly trace: Trace;
  readonly finding: Finding | undefined;
}

export interface ReviewContext {
  readonly laneId: string;
  /** Number that the first of the records is due to have. */
  readonly fromSequence: number;
  readonly groundOf: (record: ReviewedRecord) => RecordGround;
  /** Records that were accepted before and touch these. */
  readonly standing: readonly Trace[];
  /** Sessions whose records are disputed already, whoever does. */
  readonly disputed: ReadonlySet<string>;
  /** How many cars one customer may charge at once. */
  readonly atOnce: number;
}

/**
 * Checks records of an invoice, in the lane's order. Each has at most one finding. Of two that overlap the one that began
 * first stands, and one that was accepted before stands whenever it began; what was found wrong, or is disputed already, is held
 * against no other.
 */
export const reviewRecords = (
  records: readonly ReviewedRecord[],
  { laneId, fromSequence, groundOf, standing, disputed, atOnce }: ReviewContext,
): readonly Reviewed[] => {
  const seen = new Set<string>();
  const alone = records.map((record, index) => {
    const ground = groundOf(record);
    const finding = sequence(record, fromSequence + index, seen) ?? reviewAlone(record, ground);
    seen.add(record.cdr.sessionId);
    return { trace: traceOf(record, laneId, ground), finding };
  });
  const stood = [...standing];
  const overlaps = new Map<Reviewed, Finding>();
  for (const each of [...alone].sort((a, b) => a.trace.startMs - b.trace.startMs)) {
    const { trace } = each;
    if (each.finding !== undefined || disputed.has(trace.sessionId)) continue;
    const found =
      overlapAtOutlet(trace, stood) ??
      overlapAtMeter(trace, stood) ??
      overlapOfCustomer(trace, stood, atOnce);
    if (found === undefined) stood.push(trace);
    else overlaps.set(each, found);
  }
  return alone.map((each) => ({ trace: each.trace, finding: each.finding ?? overlaps.get(each) }));
};

/** What stands in a dispute's body for both parties to read, and whose hash the ledger has. */
export const evidenceOf = (sessionId: string, { reason, statement, figures }: Finding): string =>
  canonicalJson({ sessionId, reason, statement, figures: { ...figures } });
