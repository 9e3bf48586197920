import {
  createOcmfMeter,
  hashPassword,
  SimulatedStation,
  startOcppDoor,
  type OcppDoor,
} from '@roamgrid/ocpp';
import type { Clock } from '@roamgrid/station-kit';
import { stationRegistration } from '@roamgrid/wire';
import { z } from 'zod';
import { keyObject, publicHalf } from '../system/key-ring.ts';
import { providerOf, tell } from '../system/register.ts';
import type { LocalSystem } from '../system/system.ts';
import type { RunningUtility } from '../system/utility.ts';
import { STREET } from './cast.ts';

const TIME_ZONE = 'America/New_York';

/** What a station of another protocol is to the ledger: whoever speaks for it signs, and vouches for its register. */
export interface SpokenFor {
  readonly stationId: string;
  readonly group: string;
  readonly name: string;
  readonly countryCode: string;
  readonly timeZone: string;
  readonly evseId: string;
  readonly maxPowerW: bigint;
  /** By which its utility vouches for what no meter signed. */
  readonly registerId: string;
  /** The meter at the outlet. */
  readonly meterId: string;
  /** Whether that one signs. */
  readonly isSigning: boolean;
}

/** Registers a station with the keys that its utility's door keeps for it. */
export const registerSpokenFor = async (
  { keys }: LocalSystem,
  utility: RunningUtility,
  station: SpokenFor,
): Promise<void> => {
  const { stationId, evseId, maxPowerW, meterId, isSigning, registerId, ...place } = station;
  const { utilityId } = utility.definition;
  const publicKey = (name: string) => publicHalf(keys.key(name));
  await tell(utility.operator, utility, 'consortium', 'registerStation', {
    commandId: `register-${stationId}`,
    station: z.encode(stationRegistration, {
      ...place,
      ...{ stationId, utilityId, address: '1 Street', status: 'active' },
      infrastructureProvider: providerOf(utilityId),
      signingKey: publicKey(stationId),
      evses: [
        {
          ...{ evseId, maxPowerW, meterId },
          ...(isSigning && { meterKey: publicKey(meterId) }),
          operatorMeter: { meterId: registerId, meterKey: publicKey(registerId) },
        },
      ],
    }),
  });
};

/** A station of OCPP, and how it proves itself. */
export interface StreetStation {
  readonly stationId: string;
  readonly name: string;
  readonly evseId: string;
  readonly maxPowerW: bigint;
  readonly meterId: string;
  readonly isSigning: boolean;
  readonly registerId: string;
  readonly password: string;
}

/** Time and places of a door; the wall's, and free ports, when absent. */
export interface StreetPlace {
  readonly nowMs?: () => number;
  readonly clock: Clock;
  /** Where operators and where stations reach it. */
  readonly ports?: { readonly operators: number; readonly stations: number };
}

/** Registers a street station of a utility's. */
export const registerStreet = (
  system: LocalSystem,
  utility: RunningUtility,
  { password: _own, ...station }: StreetStation,
): Promise<void> => {
  const { countryCode } = utility.definition;
  return registerSpokenFor(system, utility, { group: 'g0', countryCode, timeZone: TIME_ZONE, ...station });
};

/** The door that a street station connects to: by plain transport, on this machine alone. */
export const openStreet = async (
  system: LocalSystem,
  utility: RunningUtility,
  { password, ...station }: StreetStation,
  { nowMs, clock, ports }: StreetPlace,
): Promise<OcppDoor> => {
  const { stationId, evseId, maxPowerW, meterId, registerId, isSigning } = station;
  const { utilityId } = utility.definition;
  const { keys } = system;
  const short = utilityId.toLowerCase();
  const place = { database: `roamgrid_${short}`, schema: 'ocpp' };
  const url = await system.databaseUrlFor(place);
  return startOcppDoor(
    {
      utilityId,
      ...(ports !== undefined && { listen: { port: ports.operators } }),
      database: { url, stateDir: system.stateDir, name: place.database },
      gatewayUrl: utility.gateway.url,
      edge: { insecurePlainTransport: true, ...(ports !== undefined && { port: ports.stations }) },
      tokenSecret: keys.secret(`${short}-ocpp-tokens`),
      trusted: [{ iss: 'operator', role: 'operator', key: publicHalf(keys.key(`${utilityId}-operator`)) }],
      logLevel: 'silent',
      stations: [
        {
          ...{ stationId, credential: { passwordHash: await hashPassword(password) }, hasScreen: true },
          ...{ keyId: stationId, key: keys.key(stationId) },
          usualAsk: { requestedEnergyWh: '10000', plannedMs: 3_600_000 },
          outlets: [
            {
              ...{ evse: 1, evseId, maxPowerW: maxPowerW.toString() },
              operatorMeter: { meterId: registerId, key: keys.key(registerId) },
              ...(isSigning && { signingMeter: { meterId, key: publicHalf(keys.key(meterId)) } }),
            },
          ],
        },
      ],
    },
    { ...(nowMs !== undefined && { nowMs }), clock },
  );
};

/** The station itself: no more than its side of OCPP 2.0.1, and a meter that signs. */
export const streetStation = (
  { keys }: LocalSystem,
  door: OcppDoor,
  nowMs: () => number,
): SimulatedStation => {
  const { stationId, evseId, meterId, password } = STREET;
  return new SimulatedStation({
    ...{ url: door.stationsUrl, stationId, protocol: 'ocpp2.0.1', password, outlets: 1 },
    ...{ registerMilliWh: 7_000_000_000n, nowMs },
    signEnd: createOcmfMeter(keyObject(keys.key(meterId)), {
      gateway: { model: 'street', serial: stationId, version: '1' },
      meter: { vendor: 'meters', model: 'signing', serial: meterId, firmware: '1' },
      evseId,
    }),
  });
};
