import { join } from 'node:path';
import {
  Battery,
  fileEndStore,
  fileJournal,
  Outlet,
  SimulatedBay,
  type BatterySpec,
  type ChargeTiming,
  type DriverWaits,
} from '@roamgrid/station';
import { type Clock, GatewayClient, StationClock } from '@roamgrid/station-kit';
import type { OutletDefinition, StationDefinition } from './consortium.ts';
import { keyObject, type KeyRing } from './key-ring.ts';
import { meterKeyName, stationKeyName } from './register.ts';
import type { RunningUtility } from './utility.ts';

export interface OutletOptions {
  readonly clock: Clock;
  readonly stateDir: string;
  /** The car that comes next. */
  readonly vehicle: BatterySpec | (() => BatterySpec);
  readonly timing?: ChargeTiming;
  readonly waits?: DriverWaits;
  /** How long the car stays once it takes no more. */
  readonly staysMs?: number;
  /** By which the station dates its proofs; the wall's when absent. */
  readonly wallMs?: () => number;
  /** The gateway's own address, where the station reaches it under another one. */
  readonly audience?: string;
}

/** An outlet, and the simulated hardware behind it. */
export interface MadeOutlet {
  readonly outlet: Outlet;
  readonly bay: SimulatedBay;
}

/** A station agent's outlet that speaks to its utility's gateway. */
export function makeOutlet(
  utility: Pick<RunningUtility, 'definition' | 'gateway'>,
  station: StationDefinition,
  outlet: OutletDefinition,
  keys: KeyRing,
  options: OutletOptions,
): MadeOutlet {
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
  const { stateDir, vehicle, staysMs, timing, waits, wallMs, audience } = options;
  const { maxPowerW } = outlet;
  const bay = new SimulatedBay({
    maxPowerW,
    vehicle: () => new Battery(typeof vehicle === 'function' ? vehicle() : vehicle),
    ...(staysMs === undefined ? {} : { staysMs }),
  });
  const clock = new StationClock(options.clock);
  const made = new Outlet({
    identity,
    meter,
    maxPowerW,
    gateway: new GatewayClient(utility.gateway.url, identity, {
      clock,
      ...(wallMs === undefined ? {} : { wallMs }),
      ...(audience === undefined ? {} : { audience }),
    }),
    clock,
    journal: fileJournal(join(stateDir, 'outlets', `${outlet.meterId}.journal`)),
    ends: fileEndStore(join(stateDir, 'ends', outlet.meterId)),
    bay,
    ...(timing === undefined ? {} : { timing }),
    ...(waits === undefined ? {} : { waits }),
  });
  return { outlet: made, bay };
}
