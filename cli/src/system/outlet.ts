import { join } from 'node:path';
import {
  Battery,
  fileJournal,
  GatewayClient,
  Outlet,
  type BatterySpec,
  type ChargeTiming,
  type Clock,
} from '@roamgrid/station';
import type { OutletDefinition, StationDefinition } from './consortium.ts';
import { keyObject, type KeyRing } from './key-ring.ts';
import { meterKeyName, stationKeyName } from './register.ts';
import type { RunningUtility } from './utility.ts';

export interface OutletOptions {
  readonly clock: Clock;
  readonly stateDir: string;
  readonly vehicle: BatterySpec;
  readonly timing?: ChargeTiming;
}

/** A station agent's outlet that speaks to its utility's gateway. */
export function makeOutlet(
  utility: RunningUtility,
  station: StationDefinition,
  outlet: OutletDefinition,
  keys: KeyRing,
  options: OutletOptions,
): Outlet {
  const stationKey = keys.key(stationKeyName(station.stationId));
  const identity = {
    stationId: station.stationId,
    utilityId: utility.definition.utilityId,
    keyId: stationKey.kid,
    key: keyObject(stationKey),
  };
  const meter = {
    meterId: outlet.meterId,
    evseId: outlet.evseId,
    gatewaySerial: station.stationId,
    key: keyObject(keys.key(meterKeyName(outlet.meterId))),
  };
  return new Outlet({
    identity,
    meter,
    maxPowerW: outlet.maxPowerW,
    gateway: new GatewayClient(utility.gateway.url, identity),
    clock: options.clock,
    journal: fileJournal(join(options.stateDir, 'outlets', `${outlet.meterId}.json`)),
    vehicle: () => new Battery(options.vehicle),
    ...(options.timing === undefined ? {} : { timing: options.timing }),
  });
}
