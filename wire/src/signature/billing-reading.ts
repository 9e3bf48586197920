import { err, ok, type Result } from '@roamgrid/domain';
import { countingReadings, type BillingRegister } from './billing-register.ts';
import type { OcmfDocument, OcmfError, OcmfReading } from './ocmf-document.ts';
import type { OcmfTime } from './ocmf-time.ts';

/** What of a meter's statement can be billed. Energy does not need a clock; what is known of the clock goes with it. */

/** A reading of the import register as billing uses it. */
export interface BillingReading {
  readonly atMs: number;
  readonly registerMilliWh: bigint;
  /** Which of the meter's registers it is; what two readings differ by is energy only when they are of one. */
  readonly register: BillingRegister;
  /** How far `atMs` can be trusted. Spec: OCMF 1.4, table 19. */
  readonly clock: OcmfTime['sync'];
  /** Quantities that the meter says not to be usable any more, here or before in the statement: none, or time. */
  readonly errorFlags: '' | 't';
}

const BEGIN = ['B'];
const END = ['E', 'L', 'R', 'A', 'P'];

/**
 * Flags that stand at a reading: what an error made unusable stays so from there on. Spec: OCMF 1.4, table 7 (`TX` X, `EF`).
 */
const flagsUntil = (readings: readonly OcmfReading[]): Result<BillingReading['errorFlags'], string> => {
  const flags = readings.map(({ errorFlags }) => errorFlags).join('');
  if (flags.includes('E')) return err('the meter flags its energy as unusable');
  const [unknown] = /[^t]/u.exec(flags) ?? [];
  if (unknown !== undefined) return err(`the meter flags ${unknown}, which is no quantity of OCMF`);
  if (readings.some(({ transaction, errorFlags }) => transaction === 'X' && errorFlags === '')) {
    return err('the meter tells of an error and not of what it made unusable');
  }
  return ok(flags === '' ? '' : 't');
};

/**
 * The import reading of a statement that begins (`B`) or ends a transaction, of the register that counts. Refused: none or several such readings, a
 * meter that does not report itself good, an energy error flag at the reading or before it, a register finer than a
 * milliwatt-hour. Clocks that are not synchronised are not refused: meters in the field have no other, and energy can be
 * billed without; what cannot be billed then is time, see `timeCounts`.
 */
export const billingReading = (
  document: OcmfDocument,
  side: 'begin' | 'end',
): Result<BillingReading, OcmfError> => {
  const refuse = (message: string) => err<OcmfError>({ code: 'OCMF_NOT_BILLABLE', message });
  const marked = (marks: readonly string[]) => (reading: OcmfReading) =>
    marks.includes(reading.transaction ?? '');
  const [wanted, other] = side === 'begin' ? [BEGIN, END] : [END, BEGIN];
  const { register, readings: found } = countingReadings(document.readings, marked(wanted), marked(other));
  const [reading] = found;
  if (reading === undefined || register === undefined || found.length > 1) {
    return refuse(`the statement has ${found.length} readings that ${side} a transaction instead of one`);
  }
  if (reading.status !== 'G') return refuse(`the meter's status is ${reading.status}, not G`);
  const errorFlags = flagsUntil(document.readings.slice(0, document.readings.indexOf(reading) + 1));
  if (!errorFlags.ok) return refuse(errorFlags.error);
  const { registerMilliWh, valueText = 'no value', unit = 'no unit' } = reading;
  if (registerMilliWh === undefined) {
    return refuse(`the register ${valueText} ${unit} is not energy down to a milliwatt-hour`);
  }
  const { atMs, sync } = reading.time;
  return ok({ atMs, registerMilliWh, register, clock: sync, errorFlags: errorFlags.value });
};
