import { costMicros, type ChargeToken } from '@roamgrid/offline/judged';
import type { OfflineLeave } from '../roaming/offline-leave.ts';
import type { OfflineStart, Quote } from './session.ts';

const MS_PER_S = 1_000;

/** Where and when a session began offline, and under which id it is booked. */
export interface OfflinePlace {
  readonly sessionId: string;
  readonly stationId: string;
  readonly evseId: string;
  readonly openedAtMs: number;
}

/**
 * The quote of a session that began offline: nothing of it is stated by whoever books it, all follows from what home signed and what the holder
 * asked for.
 */
export const offlineQuote = (
  leave: OfflineLeave,
  { price, limits, issuedAtS, expiresS }: ChargeToken,
  { askedWh }: Pick<OfflineStart, 'askedWh'>,
  { sessionId, stationId, evseId, openedAtMs }: OfflinePlace,
): Quote => {
  const asked = costMicros(price, askedWh, 0n);
  return {
    channel: leave.channel,
    sessionId,
    vun: leave.aud,
    hun: leave.iss,
    agreementId: leave.agreementId,
    stationId,
    evseId,
    tariffId: leave.tariffId,
    tariffVersion: leave.tariffVersion,
    adjustmentPpm: leave.adjustmentPpm,
    currency: leave.currency,
    requestedEnergyWh: askedWh,
    plannedMs: Math.max(0, expiresS * MS_PER_S - openedAtMs),
    estimateMicros: asked < limits.costMicros ? asked : limits.costMicros,
    capMicros: limits.costMicros,
    zoneOffsets: leave.zoneOffsets,
    issuedAtMs: issuedAtS * MS_PER_S,
    validUntilMs: expiresS * MS_PER_S,
  };
};
