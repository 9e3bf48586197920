import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword, SimulatedStation, startOcppDoor } from '@roamgrid/ocpp';
import { removeDatabase } from '@roamgrid/service-kit';
import { makeKey, publicKey } from '@roamgrid/service-kit/testing';
import { fakeGateway } from '@roamgrid/station-kit/testing';
import type { LoyaltyLevel } from '@roamgrid/wire';

export const PROTOCOLS = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const;
const PASSWORD = 'a-password-of-20-bytes';
const MAX_TENTHS = 220_000;
const TOKEN = { idToken: 'USALP000123456780', type: 'Central' };
const MS_PER_S = 1_000;
/** So long the door waits for a station's answer. */
const COMMAND_MS = 400;

/** The door for stations of OCPP with a station of each version at it, at a time that is told. */
export const startOcppStreet = async (startMs: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-street-'));
  const keys = {
    controller: makeKey('controller-1'),
    station: makeKey('station-1'),
    meter: makeKey('meter-1'),
  };
  const time = { nowMs: startMs };
  const nowMs = (): number => time.nowMs;
  const gateway = await fakeGateway(nowMs);
  const passwordHash = await hashPassword(PASSWORD, 1_024);
  const door = await startOcppDoor(
    {
      utilityId: 'USDUK',
      database: { stateDir: folder, name: 'usduk' },
      gatewayUrl: gateway.url,
      edge: { insecurePlainTransport: true, times: { command: COMMAND_MS } },
      tokenSecret: 'ab'.repeat(32),
      trusted: [{ iss: 'controller', role: 'operator', key: publicKey(keys.controller) }],
      stations: PROTOCOLS.map((protocol, at) => ({
        ...{ stationId: protocol, credential: { passwordHash }, keyId: 'station-1', key: keys.station },
        hasScreen: true,
        outlets: [
          {
            ...{ evse: 1, evseId: `US*DUK*E000${at}*1`, maxPowerW: '22000' },
            operatorMeter: { meterId: `M-${at}`, key: keys.meter },
          },
        ],
      })),
      logLevel: 'silent',
    },
    { nowMs, clock: { nowMs, sleep: () => Promise.resolve() } },
  );
  const stations = PROTOCOLS.map(
    (protocol) =>
      new SimulatedStation({
        ...{ url: door.stationsUrl, stationId: protocol, protocol, password: PASSWORD, nowMs },
        mostTenthsOfWatt: MAX_TENTHS,
      }),
  );
  return {
    ...{ door, time, key: keys.controller },
    station(protocol: (typeof PROTOCOLS)[number]): SimulatedStation {
      const station = stations[PROTOCOLS.indexOf(protocol)];
      if (station === undefined) throw new Error(`no station speaks ${protocol}`);
      return station;
    },
    /** A driver of a level shows a card, reads the price and starts. */
    async begin(station: SimulatedStation, loyalty: LoyaltyLevel): Promise<void> {
      gateway.moods.loyalty = loyalty;
      await station.authorize(TOKEN);
      time.nowMs += MS_PER_S;
      await station.begin(1, TOKEN);
    },
    /** A car takes all that it may, and the station tells its register. */
    async pass(station: SimulatedStation, seconds: number): Promise<void> {
      time.nowMs += seconds * MS_PER_S;
      await station.follow(1, seconds);
    },
    async close(): Promise<void> {
      for (const station of stations) await station.switchOff();
      await door.close();
      gateway.close();
      await removeDatabase(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
