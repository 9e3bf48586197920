import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndReason } from '@roamgrid/domain';
import { removeDatabase } from '@roamgrid/service-kit';
import { createAsk, makeKey, publicKey, type Ask } from '@roamgrid/service-kit/testing';
import { fakeGateway } from '@roamgrid/station-kit/testing';
import type { DoorConfig } from '../config.ts';
import { hashPassword } from '../edge/password.ts';
import { SUBPROTOCOLS } from '../edge/rpc.ts';
import { SimulatedStation } from '../simulator/simulated-station.ts';
import { startOcppDoor, type OcppDoor } from '../start.ts';
import { PASSWORD } from '../testing/stage.ts';
import { until } from '../testing/until.ts';
import { z } from 'zod';
import { bookedList } from './routes.ts';

const remoteOffer = z.looseObject({ remoteStart: z.int(), quoteHash: z.string() });
const MINUTE_MS = 60_000;
const DRIVER = { idToken: '04A2B3C4', type: 'ISO14443' };
const OTHER = { idToken: '04FFFFFF', type: 'ISO14443' };
const STATIONS = SUBPROTOCOLS.map((protocol, at) => ({
  ...{ protocol, stationId: `B-${at}`, evseId: `US*DUK*EB${at}*1` },
}));

describe('outlets that drivers booked at stations of OCPP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-booked-'));
  const keys = { operator: makeKey('operator-1'), station: makeKey('station-1'), meter: makeKey('meter-1') };
  const opened: SimulatedStation[] = [];
  let gateway: Awaited<ReturnType<typeof fakeGateway>>;
  let config: DoorConfig;
  let door: OcppDoor;
  let ask: Ask;

  before(async () => {
    gateway = await fakeGateway(Date.now);
    const passwordHash = await hashPassword(PASSWORD, 1_024);
    config = {
      ...{ utilityId: 'USDUK', database: { stateDir: folder, name: 'usduk' }, gatewayUrl: gateway.url },
      edge: { insecurePlainTransport: true, times: { command: 300 } },
      tokenSecret: 'ab'.repeat(32),
      trusted: [{ iss: 'operator', role: 'operator', key: publicKey(keys.operator) }],
      stations: STATIONS.map(({ stationId, evseId }) => ({
        ...{ stationId, credential: { passwordHash }, keyId: 'station-1', key: keys.station },
        hasScreen: true,
        outlets: [
          {
            ...{ evse: 1, evseId, maxPowerW: '22000' },
            operatorMeter: { meterId: `M-${stationId}`, key: keys.meter },
          },
        ],
      })),
      ...{ bookedEvery: 50, logLevel: 'silent' },
    };
    door = await startOcppDoor(config);
    ask = createAsk(() => door.url, 'USDUK', {
      operator: { key: keys.operator, iss: 'operator', role: 'operator' },
    });
  });
  after(async () => {
    for (const station of opened) await station.switchOff();
    await door.close();
    gateway.close();
    await removeDatabase(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    gateway.clear();
  });

  const switchedOn = async ({ stationId, protocol }: (typeof STATIONS)[number]) => {
    const station = new SimulatedStation({ url: door.stationsUrl, stationId, protocol, password: PASSWORD });
    opened.push(station);
    await station.switchOn();
    return station;
  };
  /** What the gateway says is booked at an outlet, from so many minutes on. */
  const book = (evseId: string, fromMinutes = 5) => {
    const reservationId = `res-${evseId.slice(7, 9)}-${Math.random().toString(36).slice(2)}`;
    const fromMs = Date.now() + fromMinutes * MINUTE_MS;
    const untilMs = fromMs + 60 * MINUTE_MS;
    const waitsUntilMs = fromMs + 15 * MINUTE_MS;
    gateway.moods.booked = [{ reservationId, evseId, fromMs, untilMs, waitsUntilMs }];
    return { reservationId, waitsUntilMs };
  };
  const bookedOf = async (reservationId: string) => {
    const { body } = await ask('operator', 'GET', '/operator/v1/booked');
    return bookedList.parse(body).booked.find((one) => one.reservationId === reservationId);
  };
  const comesTo = (reservationId: string, state: string) =>
    until(`${reservationId} is ${state}`, async () => (await bookedOf(reservationId))?.state === state);
  const asked = ({ memory }: SimulatedStation, action: string) =>
    memory.asked
      .filter((one) => one.action === action)
      .map(({ payload }) => payload as Record<string, unknown>);

  for (const place of STATIONS) {
    it(`are kept by a station of ${place.protocol} for who booked alone, whose transaction names the reservation`, async () => {
      const station = await switchedOn(place);
      const { reservationId, waitsUntilMs } = book(place.evseId);
      await comesTo(reservationId, 'kept');
      const [told] = asked(station, 'ReserveNow');
      const expiry = Date.parse(String(told?.['expiryDate'] ?? told?.['expiryDateTime']));
      assert.ok(Math.abs(expiry - waitsUntilMs) < 1_000, String(expiry));
      const number = (await bookedOf(reservationId))?.number;
      assert.equal(told?.['reservationId'] ?? told?.['id'], number);

      gateway.moods.refusesSwipes = 'OUTLET_RESERVED';
      assert.equal((await station.authorize(OTHER)).isAccepted, false);
      await assert.rejects(station.begin(1, OTHER), /reserved for another/);
      delete gateway.moods.refusesSwipes;
      // Before the card is known it is in no group.
      await assert.rejects(station.begin(1, DRIVER), /reserved for another/);
      assert.equal((await station.authorize(DRIVER)).isAccepted, true);
      await station.begin(1, DRIVER);
      assert.equal(station.isAcceptedAt(1), true);
      await comesTo(reservationId, 'used');
      assert.equal(gateway.sessions.size, 1);
      await endAll(station, 'driver');
      assert.equal(asked(station, 'CancelReservation').length, 0);
    });
  }
  const endAll = async (station: SimulatedStation, reason: EndReason): Promise<void> => {
    await station.charge(1, 1_000n);
    await station.end(1, reason);
    await station.switchOff();
  };
  const [place] = STATIONS;
  assert.ok(place);

  it('are told when the driver may come and not before, again after each connection, and no more once given back', async () => {
    const station = await switchedOn(place);
    const later = book(place.evseId, 16);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(await bookedOf(later.reservationId), undefined);
    const { reservationId } = book(place.evseId, 14);
    await comesTo(reservationId, 'kept');
    const number = (await bookedOf(reservationId))?.number;
    await station.switchOff();
    const anew = await switchedOn(place);
    await until('it is told again', () => asked(anew, 'ReserveNow').length > 0);
    assert.deepEqual(
      asked(anew, 'ReserveNow').map((told) => told['reservationId'] ?? told['id']),
      [number],
    );
    gateway.moods.booked = [];
    await comesTo(reservationId, 'gone');
    assert.deepEqual(asked(anew, 'CancelReservation'), [{ reservationId: number }]);
    assert.equal(anew.memory.reservations.size, 0);
    await anew.switchOff();
  });

  it('are told again to a station that cannot now, and not to one that will not, until it connects anew', async () => {
    const station = await switchedOn(place);
    const count = () => asked(station, 'ReserveNow').length;
    for (const said of ['Occupied', 'Faulted', 'Unavailable']) {
      station.memory.says.set('ReserveNow', said);
      const { reservationId } = book(place.evseId);
      const before = count();
      await until('it is told twice', () => count() > before + 1);
      assert.deepEqual(
        [(await bookedOf(reservationId))?.state, (await bookedOf(reservationId))?.said],
        ['due', said],
      );
      station.memory.says.clear();
      await comesTo(reservationId, 'kept');
    }
    station.memory.says.set('ReserveNow', 'Rejected');
    const { reservationId } = book(place.evseId);
    await until('it was refused', async () => (await bookedOf(reservationId))?.said === 'Rejected');
    const before = count();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(count(), before);
    await station.switchOff();
    await switchedOn(place);
    await comesTo(reservationId, 'kept');
  });

  it('are let go by their station before it starts for who booked and agreed in an app, whose token is in no group', async () => {
    for (const at of STATIONS) {
      const station = await switchedOn(at);
      const { reservationId } = book(at.evseId);
      await comesTo(reservationId, 'kept');
      const number = (await bookedOf(reservationId))?.number;
      const token = { type: 'rfid', value: DRIVER.idToken };
      const url = `/operator/v1/stations/${at.stationId}/offers`;
      const offered = await ask('operator', 'POST', url, { outlet: { evse: 1 }, token });
      const { remoteStart, quoteHash } = remoteOffer.parse(offered.body);
      const agreed = `/operator/v1/offers/${remoteStart}/start`;
      const { body } = await ask('operator', 'POST', agreed, { quoteHash });
      assert.deepEqual(body, { outcome: 'accepted' });
      const told = station.memory.asked.map(({ action }) => action);
      const start = told.findIndex((action) => /^(Remote|Request)StartTransaction$/.test(action));
      assert.equal(told.lastIndexOf('CancelReservation'), start - 1, told.join());
      // One of a test before this may be given up first.
      assert.deepEqual(asked(station, 'CancelReservation').at(-1), { reservationId: number });
      await comesTo(reservationId, 'used');
      assert.equal(station.memory.reservations.size, 0);
      gateway.moods.booked = [];
      await station.switchOff();
    }
  });

  it('are cancelled by their number also at a station that never said that it keeps them', async () => {
    const station = await switchedOn(place);
    const { reservationId } = book(place.evseId);
    station.memory.says.set('ReserveNow', 'Rejected');
    await until('it was refused', async () => (await bookedOf(reservationId))?.said === 'Rejected');
    const number = (await bookedOf(reservationId))?.number;
    gateway.moods.booked = [];
    await comesTo(reservationId, 'gone');
    assert.deepEqual(asked(station, 'CancelReservation'), [{ reservationId: number }]);
    await station.switchOff();
  });
});
