import { formatDecimal } from '@roamgrid/domain';
import { billingReading, verifyOcmf, meterKeyOf, parseOcmf, type OcmfDocument } from '@roamgrid/wire';

/** One side of a transaction as it can be billed, or why it cannot. */
export interface Side {
  readonly billable: boolean;
  readonly at?: string;
  readonly kWh?: string;
  readonly register?: string;
  readonly clock?: string;
  readonly errorFlags?: string;
  readonly why?: string;
}

/** What a meter's record says and whether its signature holds. */
export interface OcmfVerdict {
  readonly verified: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly meter?: string;
  readonly curve?: string;
  readonly formatVersion?: string;
  readonly pagination?: { readonly kind: 'transaction' | 'fiscal'; readonly number: number };
  readonly leniencies?: readonly string[];
  readonly begin?: Side;
  readonly end?: Side;
  /** What lies between the two, when both are of one register. */
  readonly energyKWh?: string;
}

const KWH_PLACES = 6;

const sideOf = (document: OcmfDocument, side: 'begin' | 'end'): Side => {
  const reading = billingReading(document, side);
  if (!reading.ok) return { billable: false, why: reading.error.message };
  const { atMs, registerMilliWh, register, clock, errorFlags } = reading.value;
  return {
    billable: true,
    at: new Date(atMs).toISOString(),
    kWh: formatDecimal(registerMilliWh, KWH_PLACES),
    register,
    clock,
    errorFlags,
  };
};

const energyOf = (document: OcmfDocument): string | undefined => {
  const [begin, end] = [billingReading(document, 'begin'), billingReading(document, 'end')];
  if (!begin.ok || !end.ok || begin.value.register !== end.value.register) return undefined;
  return formatDecimal(end.value.registerMilliWh - begin.value.registerMilliWh, KWH_PLACES);
};

/** Judges a record by a key; both are texts as they are met. */
export const verdictOf = (record: string, key: string): OcmfVerdict => {
  const text = record.trim();
  const parsed = parseOcmf(text);
  const opened = parsed.ok ? meterKeyOf(key, parsed.value.curve) : parsed;
  const verified = opened.ok ? verifyOcmf(text, opened.value) : opened;
  if (!parsed.ok) return { verified: false, code: parsed.error.code, message: parsed.error.message };
  const document = parsed.value;
  const energyKWh = energyOf(document);
  return {
    verified: verified.ok,
    ...(!verified.ok && { code: verified.error.code, message: verified.error.message }),
    meter: document.meterSerial,
    curve: document.curve,
    formatVersion: document.formatVersion,
    pagination: {
      kind: document.page.context === 'T' ? 'transaction' : 'fiscal',
      number: document.page.number,
    },
    leniencies: document.leniencies,
    begin: sideOf(document, 'begin'),
    end: sideOf(document, 'end'),
    ...(energyKWh !== undefined && { energyKWh }),
  };
};
