import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeDatabase } from '@roamgrid/service-kit';
import { makeKey, publicKey } from '@roamgrid/service-kit/testing';
import { fakeGateway } from '@roamgrid/station-kit/testing';
import { hashPassword } from '../../edge/password.ts';
import { startOcppDoor } from '../../start.ts';
import { PASSWORD } from '../stage.ts';
import { until } from '../until.ts';
import { ANSWERS_16 } from './station-16.ts';
import { ANSWERS_2 } from './station-2.ts';
import type { ConnectedPeer, StationPeer } from './peer.ts';

/** Of the password's hash: cheap. */
const TEST_COST = 1_024;
const SECOND_MS = 1_000;
const HALF_HOUR_MS = 1_800_000;
const CHIP = '04A2B3C4';

/** The whole door on PostgreSQL, one station a peer, before a gateway that keeps sessions. */
export const startStreet = async (count: number) => {
  const stateDir = await mkdtemp(join(tmpdir(), 'ocpp-street-'));
  const time = { nowMs: Date.now() };
  const nowMs = (): number => time.nowMs;
  const gateway = await fakeGateway(nowMs);
  const passwordHash = await hashPassword(PASSWORD, TEST_COST);
  const stations = Array.from({ length: count }, (_, at) => ({
    ...{ stationId: `STREET-${at}`, credential: { passwordHash }, hasScreen: true },
    ...{ keyId: 'station-1', key: makeKey('station-1') },
    outlets: [
      {
        ...{ evse: 1, evseId: `US*DUK*ESTREET${at}*1`, maxPowerW: '22000' },
        operatorMeter: { meterId: `DOOR-${at}`, key: makeKey(`door-${at}`) },
      },
    ],
  }));
  const config = {
    ...{ utilityId: 'USDUK', database: { stateDir, name: 'street' }, gatewayUrl: gateway.url, stations },
    ...{ edge: { insecurePlainTransport: true }, tokenSecret: 'ab'.repeat(32), logLevel: 'silent' as const },
    trusted: [{ iss: 'operator', role: 'operator' as const, key: publicKey(makeKey('operator-1')) }],
  };
  const door = await startOcppDoor(config, { nowMs, clock: { nowMs, sleep: (ms) => sleep(ms) } });
  return {
    door,
    gateway,
    /** What the clock says when so much time has gone by. */
    pass(ms: number): string {
      time.nowMs += ms;
      return new Date(time.nowMs).toISOString();
    },
    stationIds: stations.map(({ stationId }) => stationId),
    async close() {
      await door.close();
      gateway.close();
      await removeDatabase(stateDir);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
};
export type Street = Awaited<ReturnType<typeof startStreet>>;

type Pass = (ms: number) => string;

const charge16 = async ({ say }: ConnectedPeer, pass: Pass): Promise<void> => {
  await say('BootNotification', { chargePointVendor: 'Foreign', chargePointModel: 'Peer' });
  await say('Authorize', { idTag: CHIP });
  const began = { connectorId: 1, idTag: CHIP, meterStart: 1_000, timestamp: pass(SECOND_MS) };
  const { transactionId } = (await say('StartTransaction', began)) as { transactionId: number };
  const sampledValue = [{ value: '2500', measurand: 'Energy.Active.Import.Register', unit: 'Wh' }];
  await say('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: pass(HALF_HOUR_MS), sampledValue }],
  });
  await say('StopTransaction', {
    transactionId,
    idTag: CHIP,
    meterStop: 4_000,
    timestamp: pass(HALF_HOUR_MS),
    reason: 'Local',
  });
};

const charge2 = async ({ say }: ConnectedPeer, pass: Pass): Promise<void> => {
  await say('BootNotification', {
    reason: 'PowerUp',
    chargingStation: { vendorName: 'Foreign', model: 'Peer' },
  });
  const idToken = { idToken: CHIP, type: 'ISO14443' };
  await say('Authorize', { idToken });
  const transactionId = 'street-1';
  const steps = [
    [
      'Started',
      1_000,
      'Transaction.Begin',
      { triggerReason: 'Authorized', idToken },
      { chargingState: 'Charging' },
    ],
    [
      'Updated',
      2_500,
      'Sample.Periodic',
      { triggerReason: 'MeterValuePeriodic' },
      { chargingState: 'Charging' },
    ],
    [
      'Ended',
      4_000,
      'Transaction.End',
      { triggerReason: 'StopAuthorized', idToken },
      { stoppedReason: 'Local' },
    ],
  ] as const;
  for (const [seqNo, [eventType, value, context, about, state]] of steps.entries()) {
    const measured = {
      value,
      context,
      measurand: 'Energy.Active.Import.Register',
      unitOfMeasure: { unit: 'Wh' },
    };
    const timestamp = pass(seqNo === 0 ? SECOND_MS : HALF_HOUR_MS);
    await say('TransactionEvent', {
      ...{ eventType, timestamp, seqNo, evse: { id: 1, connectorId: 1 }, ...about },
      ...{
        transactionInfo: { transactionId, ...state },
        meterValue: [{ timestamp, sampledValue: [measured] }],
      },
    });
  }
};

/** A car charges 3 kWh at a peer's station: what the gateway was told of it, or what is wrong with that. */
export const chargeAt = async (
  { door, gateway, pass }: Street,
  peer: StationPeer,
  stationId: string,
): Promise<string> => {
  const { protocol } = peer;
  const answers = protocol === 'ocpp1.6' ? ANSWERS_16 : ANSWERS_2;
  const connected = await peer.connect({ url: door.stationsUrl, stationId, password: PASSWORD, answers });
  try {
    await (protocol === 'ocpp1.6' ? charge16(connected, pass) : charge2(connected, pass));
    const evseId = `US*DUK*E${stationId.replace('-', '')}*1`;
    const sessions = () => [...gateway.sessions.values()].filter((session) => session.evseId === evseId);
    await until(`the session of ${peer.name} ends at the gateway`, () =>
      sessions().some(({ stop }) => stop !== undefined),
    );
    const told = sessions().map(
      (session) => `${gateway.gainOf(session)} mWh, ${String(session.stop?.['endReason'])}`,
    );
    return told.join(' and ') === '3000000 mWh, driver' ? 'ok' : told.join(' and ');
  } finally {
    await connected.close();
  }
};
