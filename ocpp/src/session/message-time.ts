import type { DoorClock } from '@roamgrid/station-kit';
import type { TransactionReport } from '../model/reports.ts';

/** A message that is told within this time of its instant is live. */
export const LIVE_MS = 60_000;
/** Older than that, nobody's bill depends on it. */
export const LONGEST_AWAY_MS = 7 * 86_400_000;

/** When a message happened, and what it teaches of its station's clock. */
export interface MessageTime {
  /** By the gateway's clock. */
  readonly atMs: number;
  /** When it came, by the gateway's clock. */
  readonly cameMs: number;
  /** Whether it was told when it happened. */
  readonly isLive: boolean;
  /** What the station's clock is behind ours, when this message says so. */
  readonly behindMs?: number;
}

/**
 * A live message happened when it came, whatever the station's clock says. One that was kept is dated by the station's clock
 * and what that was behind ours, never before what is known already and never to come. 1.6 does not say which it is: what
 * is old and fits behind what is known was kept; anything else is of a clock that jumped, which is believed about nothing.
 */
export const timeOf = (
  {
    atMs: stationMs,
    receivedAtMs,
    isOffline,
  }: Pick<TransactionReport, 'atMs' | 'receivedAtMs' | 'isOffline'>,
  { behindMs, knownUntilMs }: { readonly behindMs: number; readonly knownUntilMs: number | undefined },
  clock: Pick<DoorClock, 'gatewayAt'>,
): MessageTime => {
  const receivedMs = clock.gatewayAt(receivedAtMs);
  const lateMs = receivedAtMs - (stationMs + behindMs);
  const sentMs = clock.gatewayAt(receivedAtMs - Math.min(Math.max(lateMs, 0), LONGEST_AWAY_MS));
  const came = { atMs: receivedMs, cameMs: receivedMs, isLive: true };
  const kept = { cameMs: receivedMs, isLive: false };
  if (isOffline) return { ...kept, atMs: Math.min(receivedMs, Math.max(sentMs, knownUntilMs ?? 0)) };
  const seenBehindMs = receivedAtMs - stationMs;
  if (Math.abs(lateMs) <= LIVE_MS) return { ...came, behindMs: seenBehindMs };
  // A time to come is of a clock that is wrong, and says by how much.
  if (lateMs < 0) return { ...came, behindMs: seenBehindMs };
  const fits = lateMs <= LONGEST_AWAY_MS && sentMs >= (knownUntilMs ?? 0);
  return fits ? { ...kept, atMs: sentMs } : came;
};
