import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Auth, Logger } from '@roamgrid/service-kit';
import { CLOCK_OFFSET_HEADER, GATEWAY_TIME_HEADER, type AssertionClaims } from '@roamgrid/wire';
import { Gauge, type Registry as MetricsRegistry } from 'prom-client';

/** Stations correct their clocks by the time on every answer, and say by how much: a clock that drifts is seen here first. */

const WORTH_A_WARNING_MS = 5_000;

/** Dates every answer, refusals as well, before anybody is known. */
export const datesAnswers =
  (nowMs: () => number) =>
  (_request: unknown, response: ServerResponse, next: () => void): void => {
    response.setHeader(GATEWAY_TIME_HEADER, nowMs().toString());
    next();
  };

/** Hears the offsets that proven stations state. */
export const hearingOffsets = (
  auth: Auth<AssertionClaims>,
  metrics: MetricsRegistry,
  logger: Logger,
): Auth<AssertionClaims> => {
  const gauge = new Gauge({
    name: 'roamgrid_station_clock_offset_ms',
    help: 'What a station adds to its own clock',
    labelNames: ['station'],
    registers: [metrics],
  });
  const warned = new Set<string>();
  const hear = (station: string, headers: IncomingHttpHeaders): void => {
    const stated = headers[CLOCK_OFFSET_HEADER];
    const offsetMs = typeof stated === 'string' ? Number(stated) : Number.NaN;
    if (!Number.isSafeInteger(offsetMs)) return;
    gauge.set({ station }, offsetMs);
    const isOff = Math.abs(offsetMs) >= WORTH_A_WARNING_MS;
    if (isOff && !warned.has(station))
      logger.warn(
        { station, offsetMs },
        'the clock of a station is off: it corrects itself by the gateway’s',
      );
    if (isOff) warned.add(station);
    else warned.delete(station);
  };
  return {
    ...auth,
    authenticate: async (request) => {
      const claims = await auth.authenticate(request);
      hear(claims.iss, request.headers);
      return claims;
    },
  };
};
