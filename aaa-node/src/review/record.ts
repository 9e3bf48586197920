import {
  meterKeyId,
  signingMeterKey,
  type AgreementRecord,
  type AgreementTerms,
  type Cdr,
  type DisputeReason,
  type EvseRecord,
  type GridInput,
  type RecordedReading,
  type Settled,
  type StationRecord,
} from '@roamgrid/wire';

/** What a charge record is checked by before it is accepted. */

/** A charge record with the settled session that it was computed from. */
export interface ReviewedRecord {
  readonly cdr: Cdr;
  readonly settled: Settled;
}

/** What the ledger holds around a record. */
export interface RecordGround {
  readonly agreement: AgreementRecord;
  readonly terms: AgreementTerms;
  readonly station: StationRecord;
  readonly tariffJson: string;
  readonly grid?: GridInput;
  readonly nowMs: number;
}

/** What is wrong with a record: one reason, and what shows it. */
export interface Finding {
  readonly reason: DisputeReason;
  readonly statement: string;
  /** What was compared, by name. */
  readonly figures: Readonly<Record<string, string>>;
}

/** One thing that must hold for a record, whatever others there are. */
export type Check = (record: ReviewedRecord, ground: RecordGround) => Finding | undefined;

/** A session's first reading and its last. */
export const endsOf = ({
  settled,
}: Pick<ReviewedRecord, 'settled'>): readonly [RecordedReading, RecordedReading] => {
  const { readings } = settled.close;
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('a close body has readings');
  return [first, last];
};

/** The outlet of a session, gone ones too. */
export const outletOf = (
  { settled: { open } }: Pick<ReviewedRecord, 'settled'>,
  { station }: Pick<RecordGround, 'station'>,
): EvseRecord | undefined => station.evses.find(({ evseId }) => evseId === open.quote.evseId);

/** What a session takes up that no other one may: an outlet's time, a meter's register, a customer's time. */
export interface Trace {
  readonly sessionId: string;
  readonly laneId: string;
  readonly laneSequence: number;
  readonly cinRef: string;
  readonly evseId: string;
  /** Of the meter's key; empty where the outlet had none. */
  readonly meterKey: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly fromMilliWh: bigint;
  readonly toMilliWh: bigint;
}

export const traceOf = (
  record: ReviewedRecord,
  laneId: string,
  ground: Pick<RecordGround, 'station'>,
): Trace => {
  const { cdr, settled } = record;
  const [first, last] = endsOf(record);
  const meterKey = signingMeterKey(
    settled.close.statement,
    outletOf(record, ground)?.meterKeys ?? [],
    settled.open.openedAtMs,
  );
  return {
    sessionId: cdr.sessionId,
    laneId,
    laneSequence: cdr.laneSequence,
    cinRef: settled.open.cinRef,
    evseId: settled.open.quote.evseId,
    meterKey: meterKey === undefined ? '' : meterKeyId(meterKey),
    startMs: first.atMs,
    endMs: last.atMs,
    fromMilliWh: first.registerMilliWh,
    toMilliWh: last.registerMilliWh,
  };
};
