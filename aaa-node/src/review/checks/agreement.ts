import { checkTariffLimits, inForceAt, isBetween } from '@roamgrid/wire';
import type { Check, Finding, RecordGround, ReviewedRecord } from '../record.ts';

type Fault = Pick<Finding, 'statement' | 'figures'>;

const partiesFault = (
  { cdr, settled: { open } }: ReviewedRecord,
  { agreement }: RecordGround,
): Fault | undefined => {
  const { agreementId, validFromMs, validUntilMs } = agreement;
  if (!isBetween(agreement, cdr.vun, cdr.hun))
    return { statement: `${agreementId} is not between ${cdr.vun} and ${cdr.hun}`, figures: {} };
  if (!inForceAt(agreement, open.openedAtMs))
    return {
      statement: `${agreementId} was not in force when the session opened`,
      figures: {
        openedAtMs: open.openedAtMs.toString(),
        validFromMs: validFromMs.toString(),
        validUntilMs: validUntilMs.toString(),
      },
    };
  return undefined;
};

/** The widest adjustment that any level may have: which level it was, home's own decision says. */
const widest = ({ adjustment }: RecordGround['terms']) => {
  const ranges = Object.values(adjustment);
  const pick = (
    of: (range: (typeof ranges)[number]) => bigint,
    isBetter: (a: bigint, b: bigint) => boolean,
  ) => ranges.map(of).reduce((best, each) => (isBetter(each, best) ? each : best));
  return {
    minPpm: pick(
      ({ minPpm }) => minPpm,
      (a, b) => a < b,
    ),
    maxPpm: pick(
      ({ maxPpm }) => maxPpm,
      (a, b) => a > b,
    ),
  };
};

const quoteFault = (
  { cdr, settled }: ReviewedRecord,
  { terms, tariffJson }: RecordGround,
): Fault | undefined => {
  const { quote } = settled.open;
  if (cdr.currency !== terms.currency)
    return {
      statement: `the record is in ${cdr.currency}, the agreement in ${terms.currency}`,
      figures: { currency: cdr.currency, agreed: terms.currency },
    };
  if (quote.capMicros > terms.maxSessionMicros)
    return {
      statement: 'the quoted cap is above the agreed largest session',
      figures: { capMicros: quote.capMicros.toString(), maxSessionMicros: terms.maxSessionMicros.toString() },
    };
  const { minPpm, maxPpm } = widest(terms);
  if (quote.adjustmentPpm < minPpm || maxPpm < quote.adjustmentPpm)
    return {
      statement: 'the price was adjusted by more than is agreed for any customer',
      figures: {
        adjustmentPpm: quote.adjustmentPpm.toString(),
        minPpm: minPpm.toString(),
        maxPpm: maxPpm.toString(),
      },
    };
  const limits = checkTariffLimits(tariffJson, terms);
  if (limits.ok) return undefined;
  return {
    statement: `${quote.tariffId} is outside the agreement: ${limits.error.message}`,
    figures: { code: limits.error.code },
  };
};

/** Parties, time, currency, prices and largest session are those of the agreement. */
export const agreement: Check = (record, ground) => {
  const fault = partiesFault(record, ground) ?? quoteFault(record, ground);
  return fault && { reason: 'AGREEMENT', ...fault };
};
