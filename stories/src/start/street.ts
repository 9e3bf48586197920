import type { Clock } from '@roamgrid/station-kit';
import { inProcessPart } from '@roamgrid/utility';
import { openStreet, registerStreet } from '../ocpi/street.ts';
import { DUKE_ENERGY } from '../system/consortium.ts';
import type { LocalSystem } from '../system/system.ts';
import { partName } from '../system/utility.ts';
import { keepStreetStation, type StreetStation } from './street-station.ts';

/** A station on the street that is nobody's software yet: whoever has its password speaks OCPP for it. Its meter signs nothing. */
export const STREET_STATION = {
  stationId: 'DUK-STREET-1',
  name: 'Ninth Street, Durham',
  evseId: 'US*DUK*ESTR1*1',
  maxPowerW: 150_000n,
  meterId: 'DUK-STREET-METER-1',
  isSigning: false,
  registerId: 'DUK-STREET-REGISTER-1',
} as const;

/** Characters of its password: what stations of 1.6 as well as of 2.x can be given. */
const PASSWORD_LENGTH = 20;

/** The door, and who may knock. */
export interface Street {
  /** Where operators ask it. */
  readonly url: string;
  readonly station: StreetStation;
}

const passwordOf = ({ keys }: LocalSystem): string =>
  keys.secret('street-password').slice(0, PASSWORD_LENGTH);

/**
 * Registers the station on the ledger. A station counts from when it was registered: told before a system goes live, it is one in
 * the story's time as well.
 */
export const registerStreetStation = (system: LocalSystem): Promise<void> =>
  registerStreet(system, system.utility(DUKE_ENERGY.utilityId), {
    ...STREET_STATION,
    password: passwordOf(system),
  });

/**
 * Opens Duke Energy's door to stations that speak OCPP, a part that the supervisor keeps up, with one station for people to
 * be. Plain transport: it listens on this machine alone.
 * @param clock what stations charge by
 * @param token by which the driver of the story charges there
 */
export const startStreet = async (system: LocalSystem, clock: Clock, token: string): Promise<Street> => {
  const duke = system.utility(DUKE_ENERGY.utilityId);
  const name = partName(DUKE_ENERGY.utilityId, 'ocpp');
  const password = passwordOf(system);
  const ports = {
    operators: await system.port(name),
    stations: await system.port(`${name}-stations`),
  };
  await system.supervisor.run(
    inProcessPart(name, () => openStreet(system, duke, { ...STREET_STATION, password }, { clock, ports })),
  );
  const { stationId } = STREET_STATION;
  const station = { url: `ws://127.0.0.1:${ports.stations}/ocpp`, stationId, password, token };
  keepStreetStation(system.stateDir, station);
  return { url: `http://localhost:${ports.operators}`, station };
};
