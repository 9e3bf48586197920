import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { ocppOutlet, recordId, type AssertionClaims, type OcppTransaction } from '@roamgrid/wire';
import { z } from 'zod';
import type { StationSetup } from '../model/station.ts';
import { doorError } from '../problems.ts';
import { unclosedOf } from '../store/transactions.ts';
import type { Db } from '../store/tables.ts';
import { outletOfNumber } from './context.ts';
import { gainOf } from './register-track.ts';
import type { StationTransaction } from './transaction.ts';

const MILLI = 1_000n;

/** Of an energy that is still to come: up, so that what is needed is enough. */
const neededWh = (agreedWh: bigint, milliWh: bigint): bigint => {
  const left = agreedWh * MILLI - milliWh;
  return left <= 0n ? 0n : (left + MILLI - 1n) / MILLI;
};

const viewOf = ({ transactionId, body }: StationTransaction, plannedMs: number): OcppTransaction => {
  const { told, imported, begunAtMs = body.lastAtMs } = body;
  const milliWh = gainOf(imported);
  return {
    ...{ transactionId, milliWh, beganAtMs: begunAtMs, plannedEndMs: begunAtMs + plannedMs },
    sessionId: told?.sessionId ?? null,
    registerAtMs: imported?.last.atMs ?? null,
    neededWh: told === undefined ? null : neededWh(told.energyLimitWh, milliWh - told.fromMilliWh),
    loyalty: told === undefined ? null : (told.loyalty ?? 'none'),
    socPpm: body.socPpm ?? null,
  };
};

export interface OutletViewContext {
  readonly db: Db;
  readonly stations: readonly StationSetup[];
  readonly connectedSinceMs: (stationId: string) => number | undefined;
  readonly auth: Auth<AssertionClaims>;
}

/** An outlet as whoever divides a site's power has to know it. */
export const outletViewRoute = ({ db, stations, connectedSinceMs, auth }: OutletViewContext): Route =>
  route({
    method: 'get',
    path: '/operator/v1/stations/{stationId}/outlets/{evse}',
    summary: 'An outlet: whether its station is connected, and what charges there',
    auth,
    params: z.object({ stationId: recordId, evse: z.coerce.number().pipe(z.int().min(1).max(1_000)) }),
    answers: { 200: ocppOutlet },
    problems: ['STATION_UNKNOWN'],
    handler: async ({ params: { stationId, evse } }) => {
      const setup = stations.find(({ identity }) => identity.stationId === stationId);
      const outlet = setup && outletOfNumber(setup, { evse });
      if (setup === undefined || outlet === undefined)
        throw doorError('STATION_UNKNOWN', `no outlet ${evse} of a station ${stationId} is set up here`);
      const open = (await unclosedOf(db, stationId)).filter(
        // One whose outlet was never told may be at any.
        ({ evseId: at, body }) => (at === null || at === outlet.evseId) && body.end === undefined,
      );
      return reply(200, {
        ...{ evseId: outlet.evseId, maxPowerW: outlet.maxPowerW },
        connectedSinceMs: connectedSinceMs(stationId) ?? null,
        transactions: open.map((transaction) => viewOf(transaction, setup.usualAsk.plannedMs)),
      });
    },
  });
