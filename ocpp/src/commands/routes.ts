import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import type { AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import type { Edge } from '../edge/edge.ts';
import { doorError } from '../problems.ts';
import { defaultTariffFault } from '../v2/tariff/default-tariff.ts';
import { commandAnswer } from './answer.ts';
import { stationCommand, type StationCommand } from './command.ts';
import type { Once } from './once.ts';
import { profileFaults } from './profile.ts';
import { runCommand } from './run-command.ts';

interface CommandContext {
  readonly edge: Edge;
  readonly once: Once;
  readonly stationIds: readonly string[];
  readonly auth: Auth<AssertionClaims>;
}

const outletReport = z.strictObject({
  outlet: z.strictObject({ evse: z.int(), connector: z.int().optional() }),
  atMs: z.int(),
  state: z.enum(['available', 'occupied', 'reserved', 'unavailable', 'faulted']),
  isCharging: z.boolean().optional(),
  errorCode: z.string().optional(),
  detail: z.string().optional(),
});

const stationView = z.strictObject({
  stationId: z.string(),
  connection: z.strictObject({ protocol: z.string(), address: z.string(), sinceMs: z.int() }).optional(),
  bootedAtMs: z.int().optional(),
  vendor: z.string().optional(),
  model: z.string().optional(),
  firmware: z.string().optional(),
  firmwareStatus: z.string().optional(),
  logStatus: z.string().optional(),
  outlets: z.record(z.string(), outletReport),
  securityEvents: z.array(z.strictObject({ type: z.string(), atMs: z.int(), info: z.string().optional() })),
  reservations: z.record(z.string(), z.string()),
  priceAsText: z.string().optional(),
  settlements: z.array(
    z.strictObject({
      status: z.string(),
      amount: z.string(),
      atMs: z.int(),
      transactionId: z.string().optional(),
    }),
  ),
});

/** `GET /operator/v1/stations` */
export const stationList = z.strictObject({ stations: z.array(stationView) });

const checkCommand = (command: StationCommand): void => {
  if (command.kind === 'set-default-tariff') {
    const fault = defaultTariffFault(command);
    if (fault !== undefined) throw doorError('TARIFF_UNSAYABLE', fault);
  }
  if (command.kind !== 'set-profile') return;
  const faults = profileFaults({ evse: command.outlet.evse, profile: command.profile });
  if (faults.length > 0) throw doorError('PROFILE_INVALID', faults.join('; '));
};

const viewOf = ({ live, notes }: Edge, stationId: string): z.output<typeof stationView> => {
  const socket = live.of(stationId);
  const { outlets, securityEvents, reservations, settlements, ...about } = notes.of(stationId);
  return {
    stationId,
    ...(socket === undefined
      ? {}
      : { connection: { protocol: socket.protocol, address: socket.address, sinceMs: socket.sinceMs } }),
    ...about,
    outlets: { ...outlets },
    securityEvents: [...securityEvents],
    reservations: { ...reservations },
    settlements: [...settlements],
  };
};

/** What who runs the stations sees of them and asks of them. */
export const commandRoutes = ({ edge, once, stationIds, auth }: CommandContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/operator/v1/stations',
    summary: 'The stations of the door: who is connected, and what each told of itself',
    auth,
    answers: { 200: stationList },
    handler: () => Promise.resolve(reply(200, { stations: stationIds.map((id) => viewOf(edge, id)) })),
  }),
  route({
    method: 'put',
    path: '/operator/v1/stations/{stationId}/commands/{commandId}',
    summary: 'Ask a connected station for something; told again under the same id, it gets the first answer',
    auth,
    params: z.strictObject({
      stationId: z.string().min(1).max(48),
      commandId: z.string().regex(/^[\w-]{8,64}$/),
    }),
    body: stationCommand,
    answers: { 200: commandAnswer },
    problems: [
      'STATION_UNKNOWN',
      'STATION_OFFLINE',
      'COMMAND_CONFLICT',
      'PROFILE_INVALID',
      'TARIFF_UNSAYABLE',
    ],
    handler: async ({ params: { stationId, commandId }, body: command, principal }) => {
      if (!stationIds.includes(stationId))
        throw doorError('STATION_UNKNOWN', `no station is called ${stationId}`);
      checkCommand(command);
      const told = await once.kept({ stationId, commandId, operator: principal.iss, command });
      if (told === 'conflict') throw doorError('COMMAND_CONFLICT', `${commandId} was another command`);
      if (told !== undefined) return reply(200, told);
      if (edge.live.of(stationId) === undefined)
        throw doorError('STATION_OFFLINE', `${stationId} is not connected`);
      const answer = await once.ask({ stationId, commandId, operator: principal.iss, command }, async () => {
        const came = await runCommand(edge.live, stationId, command);
        // Gone between the look and the call: it was not asked, and nobody can tell from outside.
        return came === 'offline' ? { outcome: 'unknown' } : came;
      });
      if (answer === 'conflict') throw doorError('COMMAND_CONFLICT', `${commandId} was another command`);
      return reply(200, answer);
    },
  }),
];
