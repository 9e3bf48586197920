import type { AgreementRecord, UtilityRecord } from './consortium.ts';
import type { EvseRecord, StationRecord } from './station-record.ts';

/** What the registry says of an instant, for whoever judges something that has a time of its own. */

/** A station's outlet, when it was not removed before the instant. */
export const outletAt = (
  { evses }: Pick<StationRecord, 'evses'>,
  evseId: string,
  atMs: number,
): EvseRecord | undefined =>
  evses.find((evse) => evse.evseId === evseId && atMs < (evse.removedAtMs ?? Infinity));

/** Whether a station took cars at an instant: what began before it was suspended stands. */
export const stationActiveAt = (
  { status, statusFromMs }: Pick<StationRecord, 'status' | 'statusFromMs'>,
  atMs: number,
): boolean => status === 'active' || atMs < statusFromMs;

/** Whether a utility took part at an instant: what began before it was suspended, or before its time was over, stands. */
export const activeAt = (
  { status, statusFromMs, validUntilMs }: Pick<UtilityRecord, 'status' | 'statusFromMs' | 'validUntilMs'>,
  atMs: number,
): boolean => atMs < validUntilMs && (status === 'active' || (status === 'suspended' && atMs < statusFromMs));

/** When an agreement is over: at the end of its time, or of its notice if a party ended it. */
export const overAtMs = ({
  validUntilMs,
  endsAtMs = Infinity,
}: Pick<AgreementRecord, 'validUntilMs' | 'endsAtMs'>): number => Math.min(validUntilMs, endsAtMs);

/** Whether something new could begin under an agreement at an instant. */
export const inForceAt = (
  agreement: Pick<AgreementRecord, 'state' | 'validFromMs' | 'validUntilMs' | 'endsAtMs'>,
  atMs: number,
): boolean => agreement.state === 'active' && agreement.validFromMs <= atMs && atMs < overAtMs(agreement);
