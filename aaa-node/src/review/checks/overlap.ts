import type { Finding, Trace } from '../record.ts';

/** What a record may share with no other one that stands. Where two meet, one's end is the other's begin. */

const meetInTime = (a: Trace, b: Trace): boolean => a.startMs < b.endMs && b.startMs < a.endMs;
const isOther = (a: Trace, b: Trace): boolean => a.sessionId !== b.sessionId;

const times = ({ sessionId, startMs, endMs }: Trace, other: Trace): Finding['figures'] => ({
  sessionId,
  startMs: startMs.toString(),
  endMs: endMs.toString(),
  otherSessionId: other.sessionId,
  otherStartMs: other.startMs.toString(),
  otherEndMs: other.endMs.toString(),
});

/** The outlet charged nobody else then. */
export const overlapAtOutlet = (trace: Trace, others: readonly Trace[]): Finding | undefined => {
  const other = others.find(
    (each) => isOther(trace, each) && each.evseId === trace.evseId && meetInTime(trace, each),
  );
  return (
    other && {
      reason: 'OVERLAP_EVSE',
      statement: `outlet ${trace.evseId} charged ${other.sessionId} then`,
      figures: times(trace, other),
    }
  );
};

/** The meter counted that energy for nobody else. */
export const overlapAtMeter = (trace: Trace, others: readonly Trace[]): Finding | undefined => {
  const other = others.find(
    (each) =>
      isOther(trace, each) &&
      trace.meterKey !== '' &&
      each.meterKey === trace.meterKey &&
      trace.fromMilliWh < each.toMilliWh &&
      each.fromMilliWh < trace.toMilliWh,
  );
  return (
    other && {
      reason: 'OVERLAP_METER',
      statement: `the meter counted the same energy for ${other.sessionId}`,
      figures: {
        sessionId: trace.sessionId,
        fromMilliWh: trace.fromMilliWh.toString(),
        toMilliWh: trace.toMilliWh.toString(),
        otherSessionId: other.sessionId,
        otherFromMilliWh: other.fromMilliWh.toString(),
        otherToMilliWh: other.toMilliWh.toString(),
      },
    }
  );
};

/** The customer charged no more cars at once than one card may. */
export const overlapOfCustomer = (
  trace: Trace,
  others: readonly Trace[],
  atOnce: number,
): Finding | undefined => {
  const meeting = others.filter(
    (each) => isOther(trace, each) && each.cinRef === trace.cinRef && meetInTime(trace, each),
  );
  // The most at once are so at the begin of one of them.
  const most = [trace, ...meeting]
    .map(({ startMs }) => Math.max(startMs, trace.startMs))
    .map((atMs) => meeting.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs))
    .reduce((best, each) => (each.length > best.length ? each : best), []);
  const [other] = most;
  if (other === undefined || most.length < atOnce) return undefined;
  return {
    reason: 'OVERLAP_CIN',
    statement: `the customer charged elsewhere then: ${most
      .map(({ sessionId }) => sessionId)
      .slice(0, 20)
      .join(', ')}`,
    figures: { ...times(trace, other), carsAtOnce: (most.length + 1).toString(), allowed: atOnce.toString() },
  };
};
