import { err, ok, parseDecimal, type DomainError, type Result } from '@roamgrid/domain';
import { z } from 'zod';
import { parseJson, parseJsonKeepingNumbers } from '../codec/exact-json.ts';
import { curveOf, DEFAULT_ALGORITHM, derOf, type OcmfCurve } from './ocmf-curves.ts';
import { parseOcmfTime, type OcmfTime } from './ocmf-time.ts';

export type OcmfError = DomainError<
  | 'OCMF_MALFORMED' // not OCMF, or a mandatory field is missing
  | 'OCMF_UNSUPPORTED' // another signature algorithm or encoding
  | 'OCMF_BAD_SIGNATURE'
  | 'OCMF_NOT_BILLABLE' // well signed, but not fit to bill from
>;

/**
 * `FV_AS_NUMBER`: the version without quotes. `RV_AS_TEXT`: a register in quotes, perhaps padded. `CT_AS_NUMBER`: the
 * kind of the outlet's id without quotes. `SD_NOT_DER`: a signature of two bare numbers. All are met in the field.
 */
export type OcmfLeniency = 'FV_AS_NUMBER' | 'RV_AS_TEXT' | 'CT_AS_NUMBER' | 'SD_NOT_DER';

/** One reading, with the fields that the format lets it inherit from the reading before it. */
export interface OcmfReading {
  readonly time: OcmfTime;
  readonly transaction?: string;
  /** Value as the meter wrote it; its decimal places count. */
  readonly valueText?: string;
  readonly unit?: string;
  /** Value in milliwatt-hours; absent for another quantity, and for what is finer. */
  readonly registerMilliWh?: bigint;
  readonly obis?: string;
  readonly errorFlags: string;
  readonly status: string;
}

/** A parsed record. Spec: OCMF 1.4, tables 1–8. */
export interface OcmfDocument {
  /** The signed bytes as they stand. */
  readonly payloadText: string;
  /** DER signature. */
  readonly signature: Buffer;
  /** The curve that the signature says it is on. */
  readonly curve: OcmfCurve;
  readonly formatVersion: string;
  /** Where the record departs from the format and was read all the same. */
  readonly leniencies: readonly OcmfLeniency[];
  readonly page: { readonly context: 'T' | 'F'; readonly number: number };
  /** Serial number of the meter, or of the gateway when the meter has none of its own. */
  readonly meterSerial: string;
  readonly evseId?: string;
  /** What the meter was told to bind its record to: a session's id when the type is `CENTRAL`. */
  readonly centralId?: string;
  /** What the driver was offered, in words. */
  readonly tariffText?: string;
  readonly readings: readonly OcmfReading[];
}

const exactNumber = z.object({ isLosslessNumber: z.literal(true), value: z.string() });
/** A number or, against tables 1 and 7, its digits as text, as some meters in the field write them. */
const numberOrText = z.union([exactNumber, z.string().max(64)], { error: 'expected a number' });
const digitsOf = (value: z.output<typeof numberOrText>): string =>
  typeof value === 'string' ? value.trim() : value.value;
const payloadSchema = z.object({
  FV: numberOrText.optional(),
  GS: z.string().optional(),
  PG: z.string().regex(/^[TF](0|[1-9]\d{0,14})$/),
  MS: z.string().optional(),
  IT: z.string().optional(),
  ID: z.string().max(250).optional(),
  TT: z.string().max(250).optional(),
  CT: numberOrText.optional(),
  CI: z.string().optional(),
  RD: z
    .array(
      z.object({
        TM: z.string().optional(),
        TX: z.string().optional(),
        RV: numberOrText.optional(),
        RI: z.string().optional(),
        RU: z.string().optional(),
        EF: z.string().optional(),
        ST: z.string().optional(),
      }),
    )
    .min(1)
    .max(1_000),
});
const signatureSchema = z.object({
  SA: z.string().default(DEFAULT_ALGORITHM),
  SE: z.enum(['hex', 'base64']).default('hex'),
  SM: z.string().default('application/x-der'),
  SD: z.string().min(1).max(1_024),
});

const malformed = (message: string) => err<OcmfError>({ code: 'OCMF_MALFORMED', message });

const section = <S extends z.ZodType>(
  schema: S,
  json: Result<unknown, DomainError>,
  name: string,
): Result<z.output<S>, OcmfError> => {
  if (!json.ok) return malformed(`the ${name} is not JSON`);
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return malformed(`the ${name} is wrong at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
};

/** Decimal places of a milliwatt-hour in each energy unit. Spec: OCMF 1.4, table 20. */
// check-allow number-money: decimal places, keyed by the unit that they belong to
const UNIT_SCALE: Readonly<Record<string, number>> = { kWh: 6, Wh: 3 };

const toMilliWh = (text: string | undefined, unit: string | undefined): bigint | undefined => {
  const scale = unit === undefined ? undefined : UNIT_SCALE[unit];
  if (text === undefined || scale === undefined) return undefined;
  const value = parseDecimal(text, scale);
  return value.ok && value.value >= 0n ? value.value : undefined;
};

type RawReading = z.output<typeof payloadSchema>['RD'][number];

/** Fields of the reading before stand in for those that a reading leaves out, except its value. */
const inherit = (readings: readonly RawReading[]): readonly RawReading[] => {
  let last: RawReading = {};
  return readings.map((reading) => {
    const merged = { ...last, ...reading };
    last = { ...merged };
    delete last.RV;
    return merged;
  });
};

const toReading = (raw: RawReading): Result<OcmfReading, OcmfError> => {
  const time = parseOcmfTime(raw.TM ?? '');
  if (!time.ok) return time;
  if (raw.ST === undefined) return malformed('a reading has no status');
  const valueText = raw.RV === undefined ? undefined : digitsOf(raw.RV);
  const registerMilliWh = toMilliWh(valueText, raw.RU);
  return ok({
    time: time.value,
    ...(raw.TX !== undefined && { transaction: raw.TX }),
    ...(valueText !== undefined && { valueText }),
    ...(raw.RU !== undefined && { unit: raw.RU }),
    ...(registerMilliWh !== undefined && { registerMilliWh }),
    ...(raw.RI !== undefined && { obis: raw.RI }),
    errorFlags: raw.EF ?? '',
    status: raw.ST,
  });
};

/** Reads a record without trusting it: the signature is parsed, not checked. */
export const parseOcmf = (text: string): Result<OcmfDocument, OcmfError> => {
  const parts = text.split('|');
  const [header, payloadText = '', signatureText = ''] = parts;
  if (header !== 'OCMF' || parts.length !== 3) return malformed('the text is not OCMF|payload|signature');
  const payload = section(payloadSchema, parseJsonKeepingNumbers(payloadText), 'payload');
  if (!payload.ok) return payload;
  const signature = section(signatureSchema, parseJson(signatureText), 'signature');
  if (!signature.ok) return signature;
  const { SA, SE, SM, SD } = signature.value;
  const curve = curveOf(SA);
  if (curve === undefined || SM !== 'application/x-der') {
    return err({
      code: 'OCMF_UNSUPPORTED',
      message: `${SA} as ${SM} is no signature that OCMF has: sign with ${DEFAULT_ALGORITHM} or another of its table 22`,
    });
  }
  const signed = derOf(Buffer.from(SD, SE), curve);
  const { FV, GS, PG, MS, IT, ID, TT, CT, CI, RD } = payload.value;
  const meterSerial = MS ?? GS;
  if (meterSerial === undefined) return malformed('neither meter nor gateway has a serial number');
  const leniencies: OcmfLeniency[] = [
    ...(typeof FV === 'object' ? ['FV_AS_NUMBER' as const] : []),
    ...(signed.isBare ? ['SD_NOT_DER' as const] : []),
    ...(typeof CT === 'object' ? ['CT_AS_NUMBER' as const] : []),
    ...(RD.some(({ RV }) => typeof RV === 'string') ? ['RV_AS_TEXT' as const] : []),
  ];
  const readings: OcmfReading[] = [];
  for (const raw of inherit(RD)) {
    const reading = toReading(raw);
    if (!reading.ok) return reading;
    readings.push(reading.value);
  }
  return ok({
    payloadText,
    signature: signed.der,
    curve,
    formatVersion: FV === undefined ? '1.0' : digitsOf(FV),
    leniencies,
    page: { context: PG.startsWith('T') ? 'T' : 'F', number: Number(PG.slice(1)) },
    meterSerial,
    ...(IT === 'CENTRAL' && ID !== undefined && { centralId: ID }),
    ...(TT !== undefined && { tariffText: TT }),
    ...(CT === 'EVSEID' && CI !== undefined && { evseId: CI }),
    readings,
  });
};
