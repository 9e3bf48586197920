import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { billingReading } from '../signature/billing-reading.ts';
import { meterPublicKey, verifyOcmf } from '../signature/ocmf.ts';
import type { MeterJwk } from '../codec/meter-jwk.ts';
import type { SignedInterval } from './compute.ts';

/** Energy delivered to servers, out of what their cabinet's meter signed: to be priced and settled as that of a charge. */

export type ComputeEnergyError = DomainError<
  | 'INTERVAL_UNSIGNED' // no record of this meter, by this key, for this outlet
  | 'INTERVAL_DIFFERS' // the stated times or registers are not the signed ones
  | 'INTERVAL_OVERLAPS' // the same time or energy twice
  | 'INTERVAL_MISSING' // energy between two intervals that nobody signed
>;

/** Whose intervals they have to be, as the ledger's registry has it. */
export interface ComputeMeter {
  readonly meterId: string;
  readonly evseId: string;
  readonly publicKey: MeterJwk;
}

/** Energy of one interval. */
export interface ComputeEnergyInterval {
  readonly fromMs: number;
  readonly toMs: number;
  readonly energyMilliWh: bigint;
  /** What the meter bound its record to; one an interval, so it serves as the session's id. */
  readonly sessionId: string;
}

const opened = (
  interval: SignedInterval,
  { meterId, evseId, publicKey }: ComputeMeter,
): Result<ComputeEnergyInterval, ComputeEnergyError> => {
  const { fromMs, toMs, fromRegisterMilliWh, toRegisterMilliWh, ocmf } = interval;
  const at = `the interval from ${new Date(fromMs).toISOString()}`;
  const document = verifyOcmf(ocmf, meterPublicKey(publicKey));
  if (!document.ok) return err({ code: 'INTERVAL_UNSIGNED', message: `${at}: ${document.error.message}` });
  const { meterSerial, centralId } = document.value;
  if (meterSerial !== meterId || document.value.evseId !== evseId || centralId === undefined) {
    return err({ code: 'INTERVAL_UNSIGNED', message: `${at} is not of ${meterId} at ${evseId}` });
  }
  const begin = billingReading(document.value, 'begin');
  const end = billingReading(document.value, 'end');
  if (!begin.ok || !end.ok || begin.value.register !== end.value.register) {
    return err({
      code: 'INTERVAL_UNSIGNED',
      message: `${at} has no begin and end of one register that can be billed`,
    });
  }
  const isAsSigned =
    begin.value.atMs === fromMs &&
    end.value.atMs === toMs &&
    begin.value.registerMilliWh === fromRegisterMilliWh &&
    end.value.registerMilliWh === toRegisterMilliWh;
  const energyMilliWh = toRegisterMilliWh - fromRegisterMilliWh;
  if (!isAsSigned || energyMilliWh < 0n || toMs < fromMs) {
    return err({ code: 'INTERVAL_DIFFERS', message: `${at} is not what its record says` });
  }
  return ok({ fromMs, toMs, energyMilliWh, sessionId: centralId });
};

/**
 * The energy of signed intervals in the order of time, each verified, none twice and none missing between the first and the last. What is
 * settled already is asked for no more: ask for what ended after the last one.
 */
export const computeEnergyMilliWh = (
  intervals: readonly SignedInterval[],
  meter: ComputeMeter,
): Result<readonly ComputeEnergyInterval[], ComputeEnergyError> => {
  const energies: ComputeEnergyInterval[] = [];
  let before: SignedInterval | undefined;
  for (const interval of intervals.toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs)) {
    const energy = opened(interval, meter);
    if (!energy.ok) return energy;
    if (before !== undefined) {
      const gap = interval.fromRegisterMilliWh - before.toRegisterMilliWh;
      const at = `the interval from ${new Date(interval.fromMs).toISOString()}`;
      if (gap < 0n || interval.fromMs < before.toMs) {
        return err({ code: 'INTERVAL_OVERLAPS', message: `${at} has time or energy of the one before it` });
      }
      if (gap > 0n)
        return err({ code: 'INTERVAL_MISSING', message: `${gap} mWh before ${at} were not signed` });
    }
    energies.push(energy.value);
    before = interval;
  }
  return ok(energies);
};
