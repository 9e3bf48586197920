import type { Claim } from '@roamgrid/domain/power';
import type { CallResult } from '@roamgrid/service-kit';
import { createPeerClient, type PeerIdentity, type PeerRefusal } from '@roamgrid/service-kit/peers';
import {
  cabinetEvents,
  cabinetReading,
  COMPUTE_PARTS,
  computeEnergy,
  computeGrant,
  jobList,
  LONGEST_GRANT_MS,
  moveAnswer,
  recordId,
  type CabinetEvent,
  type CabinetReading,
  type ComputeClaim,
  type ComputePart,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { GrantOrder, LoadAdapter, LoadReading } from '../adapter.ts';
import { callError } from '../call-error.ts';

/** A cabinet in a site's configuration; keys and certificates are PEM texts, see docs/compute.md. */
export const serverCabinetConfig = z.strictObject({
  kind: z.literal('servers'),
  cabinetId: recordId,
  url: z.url({ protocol: /^https$/ }),
  /** Of this controller, and of the authority that issued it and the cabinet's. */
  identity: z.strictObject({ key: z.string(), cert: z.string(), authority: z.string() }),
});

export interface ServerCabinetOptions {
  /** Of the cabinet's claims, which are `<loadId>`, `<loadId>:high` and `<loadId>:urgent`. */
  readonly loadId: string;
  /** Where in the site's tree it is. */
  readonly nodeId: string;
  readonly cabinetId: string;
  readonly url: string;
  readonly identity: PeerIdentity;
  readonly nowMs: () => number;
  readonly onRefused: (refusal: PeerRefusal) => void;
  /** Takes each anomaly before it is acknowledged; when it rejects, the anomaly is told again. */
  readonly onEvent?: (event: CabinetEvent) => Promise<void>;
}

/** Longest that one call may last, ms; the caller's signal may end it sooner. */
const CALL_MS = 5_000;
/** A job that is told to leave may take some time to write its checkpoint down. */
const MOVE_MS = 60_000;
/** Of a thousand jobs with what they left. */
const JOBS_BYTES = 8 * 1024 * 1024;
/** Of a thousand signed intervals. */
const ENERGY_BYTES = 8 * 1024 * 1024;

/** The servers of a cabinet as a load of the site, over its agent's own interface; both sides by certificate. */
export const createServerCabinet = (options: ServerCabinetOptions): LoadAdapter => {
  const { loadId, nodeId, cabinetId, url, identity, nowMs, onRefused, onEvent } = options;
  const client = createPeerClient({ identity, peer: { role: 'cabinet', id: cabinetId }, url, onRefused });

  const claimIdOf = (part: ComputePart): string => (part === 'ordinary' ? loadId : `${loadId}:${part}`);
  const claimOf = ({ part, ...claim }: ComputeClaim): Claim => ({
    claimId: claimIdOf(part),
    kind: 'compute',
    nodeId,
    ...claim,
    // A part is called as the power core calls its urgency.
    urgency: part,
  });

  const must = <T>(result: CallResult<T>): T => {
    if (result.ok) return result.value;
    throw callError(`the cabinet ${cabinetId}`, result.failure);
  };

  /** Hears each anomaly once: what was taken is acknowledged, and what was not is told again. */
  const hearEvents = async (signal: AbortSignal): Promise<void> => {
    if (onEvent === undefined) return;
    const path = '/v1/events?after=0';
    const { events } = must(
      await client.ask({ method: 'GET', path, answer: cabinetEvents, timeoutMs: CALL_MS, signal }),
    );
    for (const event of events) await onEvent(event);
    const last = events.at(-1);
    if (last === undefined) return;
    const body = { through: last.sequence };
    must(
      await client.ask({ method: 'PUT', path: '/v1/events/acknowledged', body, timeoutMs: CALL_MS, signal }),
    );
  };

  const readingOf = (
    { measuredAtMs, measuredW, claims, facts, state, grantedW }: CabinetReading,
    eventFault: string | undefined,
  ): LoadReading => ({
    measuredAtMs,
    measuredW,
    claims: claims.map(claimOf),
    facts: {
      ...facts,
      state,
      grantedW: grantedW.toString(),
      ...(eventFault !== undefined && { eventsUntold: eventFault }),
    },
  });

  return {
    loadId,
    async read(signal) {
      const path = '/v1/cabinet';
      const reading = must(
        await client.ask({ method: 'GET', path, answer: cabinetReading, timeoutMs: CALL_MS, signal }),
      );
      const fault = await hearEvents(signal).then(
        () => undefined,
        // The watts are read all the same; what is not acknowledged is told with the next reading.
        (thrown: unknown) => (thrown instanceof Error ? thrown.message : 'unknown'),
      );
      return readingOf(reading, fault);
    },
    async grant(orders: readonly GrantOrder[], signal) {
      const parts = COMPUTE_PARTS.flatMap((part) => {
        const order = orders.find(({ claimId }) => claimId === claimIdOf(part));
        if (order === undefined) return [];
        const lastsMs = Math.min(Math.max(0, Math.floor(order.lapsesAtMs - nowMs())), LONGEST_GRANT_MS);
        return [{ part, grantedW: order.watts, lastsMs }];
      });
      if (parts.length === 0) return;
      const body = z.encode(computeGrant, { parts, allow: 'all' });
      must(
        await client.ask({
          method: 'PUT',
          path: '/v1/grant',
          body,
          answer: cabinetReading,
          timeoutMs: CALL_MS,
          signal,
        }),
      );
    },
    async makeSafe(signal) {
      must(
        await client.ask({
          method: 'POST',
          path: '/v1/safe',
          answer: cabinetReading,
          timeoutMs: CALL_MS,
          signal,
        }),
      );
    },
    energy: async (fromMs, untilMs, signal) => {
      const path = `/v1/energy?from=${fromMs}&to=${untilMs}`;
      const request = { method: 'GET', path, answer: computeEnergy, timeoutMs: CALL_MS, signal } as const;
      return must(await client.ask({ ...request, maxBytes: ENERGY_BYTES }));
    },
    jobs: {
      list: async (signal) => {
        const request = { method: 'GET', path: '/v1/jobs', answer: jobList } as const;
        const asked = await client.ask({ ...request, timeoutMs: CALL_MS, maxBytes: JOBS_BYTES, signal });
        return must(asked).jobs;
      },
      move: async (jobId, order) => {
        const request = { method: 'POST', path: `/v1/jobs/${jobId}/move`, body: order } as const;
        must(await client.ask({ ...request, answer: moveAnswer, timeoutMs: MOVE_MS }));
      },
    },
    close: () => client.close(),
  };
};
