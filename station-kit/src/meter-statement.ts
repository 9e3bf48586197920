import { billingReading, meterPublicKey, verifyOcmf, type MeterJwk, type OcmfDocument } from '@roamgrid/wire';

/** What the outlet's own meter signed of a transaction. */
export interface MeterStatement {
  readonly signedEnd: string;
  /** Where the end's record does not hold the begin. */
  readonly signedStart?: string;
  readonly gainMilliWh: bigint;
  readonly beginMs: number;
  readonly endMs: number;
}

/** A meter that signs, as the ledger's registry has it. */
export interface SigningMeter {
  readonly meterId: string;
  readonly publicKey: MeterJwk;
}

type Signed = Readonly<{ text: string; document: OcmfDocument }>;

const has = (side: 'begin' | 'end', { document }: Signed) => {
  const reading = billingReading(document, side);
  return reading.ok ? reading.value : undefined;
};

/**
 * The record of a transaction that the outlet's registered meter signed: one that holds begin and end, else two. Nothing is
 * made of a record that does not verify, however good it looks.
 */
export const meterStatement = (
  signingMeter: SigningMeter | undefined,
  texts: readonly string[],
): MeterStatement | undefined => {
  if (signingMeter === undefined) return undefined;
  const key = meterPublicKey(signingMeter.publicKey);
  const verified = texts.flatMap((text): readonly Signed[] => {
    const opened = verifyOcmf(text, key);
    return opened.ok && opened.value.meterSerial === signingMeter.meterId
      ? [{ text, document: opened.value }]
      : [];
  });
  const ended = verified.findLast((one) => has('end', one) !== undefined);
  const end = ended && has('end', ended);
  if (ended === undefined || end === undefined) return undefined;
  const held = has('begin', ended);
  const began = held === undefined ? verified.find((one) => has('begin', one) !== undefined) : undefined;
  const begin = held ?? (began && has('begin', began));
  if (begin === undefined || begin.register !== end.register || begin.registerMilliWh > end.registerMilliWh)
    return undefined;
  return {
    signedEnd: ended.text,
    ...(began && { signedStart: began.text }),
    gainMilliWh: end.registerMilliWh - begin.registerMilliWh,
    beginMs: begin.atMs,
    endMs: end.atMs,
  };
};
