import type { RegisterReading, SignedReading, TransactionReport } from '../model/reports.ts';
import type { OutletSetup } from '../model/station.ts';
import type { MessageTime } from './message-time.ts';
import { gainOf, trackRegister, type RegisterTrack } from './register-track.ts';
import type { TransactionBody } from './transaction.ts';

/** Without an outlet nothing is known that bounds what flows. */
const UNBOUNDED_W = 1_000_000n;
/** A record's first and last statement, and some that were told between. */
const SIGNED_KEPT = 6;
const LONGEST_SIGNED = 4_096;

const follow = (
  track: RegisterTrack | undefined,
  readings: readonly RegisterReading[],
  { atMs: messageMs }: TransactionReport,
  { atMs, cameMs, isLive }: MessageTime,
  { begunAtMs, maxPowerW }: { readonly begunAtMs: number | undefined; readonly maxPowerW: bigint },
): RegisterTrack | undefined => {
  let followed = track;
  for (const reading of readings) {
    const beforeMs = Math.max(0, messageMs - reading.atMs);
    const isBegin = reading.context === 'begin';
    // Nothing is from before the transaction. Its begin may be told with its end.
    const sinceMs = begunAtMs ?? followed?.sinceMs ?? atMs;
    const at = {
      registerMilliWh: reading.registerMilliWh,
      atMs: isBegin ? sinceMs : Math.max(sinceMs, atMs - beforeMs),
      stationMs: reading.atMs,
    };
    followed = trackRegister(followed, at, { isBegin, isLive, cameMs, maxPowerW });
  }
  return followed;
};

const signedOf = (
  kept: TransactionBody['signed'],
  told: readonly SignedReading[],
): TransactionBody['signed'] => {
  const known = new Set(kept.map(({ text }) => text));
  const more = told.filter(({ text }) => text.length <= LONGEST_SIGNED && !known.has(text));
  const all = [...kept, ...more.map(({ text, encoding }) => ({ text, encoding }))];
  // The first states the begin, the last ones the end.
  return all.length <= SIGNED_KEPT ? all : [...all.slice(0, 1), ...all.slice(1 - SIGNED_KEPT)];
};

/** A transaction of which nothing was told yet. */
export const untold = (atMs: number): TransactionBody => ({
  lastAtMs: atMs,
  isCharging: true,
  signed: [],
  isBooted: false,
});

/** A begin that is told late puts energy before all that was known, and so before a driver who was named after it. */
const withLate = (
  { named, told }: TransactionBody,
  lateMilliWh: bigint,
): Pick<TransactionBody, 'named' | 'told'> => ({
  ...(named && {
    named: named.isAtBegin ? named : { ...named, milliWh: named.milliWh + lateMilliWh },
  }),
  ...(told && { told: told.isWhole ? told : { ...told, fromMilliWh: told.fromMilliWh + lateMilliWh } }),
});

/** What is known of a transaction once this message is told too. The same message is never given twice. */
export const foldReport = (
  body: TransactionBody,
  report: TransactionReport,
  time: MessageTime,
  outlet: OutletSetup | undefined,
): TransactionBody => {
  const maxPowerW = outlet?.maxPowerW ?? UNBOUNDED_W;
  const { readings, token, powerW, socPpm, isCharging, remoteStart, reservation, tariffId, stationCost } =
    report;
  const of = (direction: RegisterReading['direction']) =>
    readings.filter((reading) => reading.direction === direction);
  const isAtBegin = report.phase === 'began';
  const begunAtMs = isAtBegin ? Math.min(body.begunAtMs ?? time.atMs, time.atMs) : body.begunAtMs;
  const imported = follow(body.imported, of('import'), report, time, { begunAtMs, maxPowerW });
  const exported = follow(body.exported, of('export'), report, time, { begunAtMs, maxPowerW });
  // Whoever is named at the begin is named before anything flows, however late that is told.
  const milliWh = isAtBegin ? 0n : gainOf(imported);
  const { named, told } = withLate(body, (imported?.lateMilliWh ?? 0n) - (body.imported?.lateMilliWh ?? 0n));
  const namedNow = named ?? (token && { atMs: time.atMs, milliWh, isAtBegin });
  const end = report.phase === 'ended' ? endOf(body, report, time) : body.end;
  const { freeSinceMs: _free, ...known } = body;
  return {
    ...known,
    ...(begunAtMs !== undefined && { begunAtMs }),
    ...(namedNow && { named: namedNow }),
    ...(told && { told }),
    lastAtMs: Math.max(body.lastAtMs, time.atMs),
    isCharging: isCharging ?? body.isCharging,
    ...(powerW !== undefined && { powerW }),
    ...(socPpm !== undefined && { socPpm }),
    ...(imported && { imported }),
    ...(exported && { exported }),
    signed: signedOf(body.signed, report.signed),
    ...(end && { end }),
    isBooted: false,
    ...(remoteStart !== undefined && { remoteStart }),
    ...(reservation !== undefined && { reservation }),
    ...(tariffId !== undefined && { tariffId }),
    ...(stationCost !== undefined && { stationCost }),
  };
};

const endOf = (
  { end }: TransactionBody,
  { endReason }: TransactionReport,
  { atMs }: MessageTime,
): TransactionBody['end'] =>
  end?.isTold === true ? end : { atMs, ...(endReason && { reason: endReason }), isTold: true };
