import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, openStore, removeDatabase, sqlMigration, type Store } from '@roamgrid/service-kit';
import type { PublicJwk } from '@roamgrid/wire';
import { sql } from 'kysely';
import { commandTables, type CommandDatabase } from '../../commands/tables.ts';
import type { RegisterReading, TransactionReport } from '../../model/reports.ts';
import type { CommandOutcome, StationCommander, StationReserver } from '../../model/station-desk.ts';
import type { StationSetup } from '../../model/station.ts';
import type { DriverToken } from '../../model/token.ts';
import { doorMigrations, type DoorDb } from '../../store/tables.ts';
import type { DeskTimes } from '../context.ts';
import { startDesk, type RunningDesk } from '../start-desk.ts';
import { fakeGateway } from '@roamgrid/station-kit/testing';

export const MINUTE_MS = 60_000;
export const BEGIN_MS = Date.UTC(2026, 10, 2, 12);
export const CARD: DriverToken = { type: 'cin', value: 'USALP000123456780' };

const key = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stationKey = key();
export const operatorKey = key();
export const meterKey = key();
const outlet = (number: number) => ({
  number: { evse: number },
  evseId: `US*DUK*E${number}*1`,
  maxPowerW: 11_000n,
  operatorMeter: { meterId: `DOOR-${number}`, key: operatorKey.privateKey },
});
const setupOf = (stationId: string, changes: Partial<StationSetup>): StationSetup => ({
  identity: { stationId, utilityId: 'USDUK', keyId: 'k1', key: stationKey.privateKey },
  outlets: [outlet(1)],
  hasScreen: true,
  usualAsk: { requestedEnergyWh: 10_000n, plannedMs: 3_600_000 },
  ...changes,
});

/** `st1`: one outlet and a screen. `bare`: no screen. `pair`: two outlets. `signs`: its meter signs. `both`: cars may give back there. */
export const STATIONS: readonly StationSetup[] = [
  setupOf('st1', {}),
  setupOf('bare', { hasScreen: false, outlets: [outlet(3)] }),
  setupOf('pair', { outlets: [outlet(4), outlet(5)] }),
  setupOf('both', { outlets: [{ ...outlet(7), transferModes: ['DC', 'DC_BPT'] }] }),
  setupOf('signs', {
    outlets: [
      {
        ...outlet(6),
        signingMeter: {
          meterId: 'METER-6',
          publicKey: { ...(meterKey.publicKey.export({ format: 'jwk' }) as PublicJwk), kid: 'm6' },
        },
      },
    ],
  }),
];

/** Stations that are told things, and what they were told. */
const commanderOf = (told: string[]): StationCommander & { outcome: CommandOutcome; isPriced: boolean } => ({
  outcome: 'accepted',
  isPriced: false,
  stop(stationId, id) {
    told.push(`stop ${stationId} ${id}`);
    return Promise.resolve(this.outcome);
  },
  start(stationId, { remoteStart }) {
    told.push(`start ${stationId} ${remoteStart}`);
    return Promise.resolve(this.outcome);
  },
  show(stationId, { texts }) {
    told.push(`show ${stationId} ${texts[0]?.text ?? ''}`);
    return Promise.resolve(this.outcome);
  },
  showCost(stationId, id, micros) {
    told.push(`cost ${stationId} ${id} ${micros}`);
    return Promise.resolve(this.outcome);
  },
  allowTransfer(stationId, id, modes) {
    told.push(`modes ${stationId} ${id} ${modes.join()}`);
    return Promise.resolve(this.outcome);
  },
  takesPrices() {
    return this.isPriced;
  },
  tellPrice(stationId, { transactionId, price, tariffId }) {
    told.push(`price ${stationId} ${transactionId} ${price.tariff.id} ${tariffId ?? 'none'}`);
    return Promise.resolve(this.outcome);
  },
});

/** Reservations are told over sockets alone. */
const NOBODY_CONNECTED: StationReserver = {
  connectedSinceMs: () => undefined,
  reserve: () => Promise.resolve({ outcome: 'unreachable' }),
  cancelReservation: () => Promise.resolve({ outcome: 'unreachable' }),
};

export type Rig = Awaited<ReturnType<typeof openRig>>;

/** A desk on a database of its own, before a gateway that keeps sessions. */
export const openRig = async (times: Partial<DeskTimes> = {}) => {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'ocpp-desk-'));
  const store: Store<DoorDb & CommandDatabase> = await openStore<DoorDb & CommandDatabase>({
    ...{ stateDir, database: 'duke', schema: 'ocpp' },
    migrations: [sqlMigration('commands', ...commandTables), ...doorMigrations],
  });
  const time = { nowMs: BEGIN_MS };
  const gateway = await fakeGateway(() => time.nowMs);
  const told: string[] = [];
  const logged: string[] = [];
  const commander = commanderOf(told);
  const open = () =>
    startDesk({
      db: store.db,
      stations: STATIONS,
      gatewayUrl: gateway.url,
      tokenSecret: Buffer.alloc(32, 7),
      commander,
      reserver: NOBODY_CONNECTED,
      logger: createLogger('ocpp', {
        level: 'debug',
        destination: { write: (line) => void logged.push(line) },
      }),
      roundMs: 3_600_000,
      times: { billMs: 5_000, ...times },
      clock: { nowMs: () => time.nowMs, sleep: () => Promise.resolve() },
      wallMs: () => time.nowMs,
    });
  let running: RunningDesk = await open();
  const rig = {
    ...{ store, gateway, told, logged, commander, time },
    get desk() {
      return running.desk;
    },
    get remoteStarts() {
      return running.remoteStarts;
    },
    round: () => running.round(),
    pass(ms: number) {
      time.nowMs += ms;
    },
    /** As after a crash: nothing is left but the database. */
    async restart() {
      await running.close();
      running = await open();
      await running.round();
    },
    async unbilled(): Promise<Record<string, bigint>> {
      const rows = await store.db.selectFrom('unbilled').select(['code', 'milli_wh']).execute();
      return Object.fromEntries(rows.map(({ code, milli_wh }) => [code, milli_wh]));
    },
    /** What the gateway was told of each session that ended: energy and why. */
    billed: () =>
      [...gateway.sessions.values()].map((session) => ({
        milliWh: gateway.gainOf(session),
        reason: session.stop?.['endReason'],
      })),
    async clear() {
      await sql`truncate offer, remote_start, station_transaction, message, outlet_register, session_end, unbilled, station_clock, cost_difference, given_back, station_command`.execute(
        store.db,
      );
      gateway.clear();
      told.length = 0;
      logged.length = 0;
      commander.outcome = 'accepted';
      commander.isPriced = false;
      time.nowMs = BEGIN_MS;
    },
    async close() {
      await running.close();
      gateway.close();
      await store.close();
      await removeDatabase(stateDir);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
  return rig;
};

let messages = 0;

/** One message of a transaction of `st1`, told when it happens. */
export const report = (
  rig: Pick<Rig, 'time'>,
  phase: TransactionReport['phase'],
  registerMilliWh: bigint | undefined,
  changes: Partial<TransactionReport> = {},
): TransactionReport => {
  messages += 1;
  const { atMs = rig.time.nowMs } = changes;
  const context = phase === 'began' ? 'begin' : phase === 'ended' ? 'end' : 'between';
  const reading: RegisterReading[] =
    registerMilliWh === undefined ? [] : [{ atMs, registerMilliWh, direction: 'import', context }];
  return {
    phase,
    transaction: { by: 'station', id: 'tx1' },
    messageKey: `m${messages}`,
    outlet: { evse: 1 },
    atMs,
    receivedAtMs: rig.time.nowMs,
    isOffline: false,
    readings: reading,
    signed: [],
    ...(phase === 'began' && { token: CARD }),
    ...(phase === 'ended' && { endReason: 'driver' as const }),
    ...changes,
  };
};
