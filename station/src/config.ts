import { logLevel, privateJwk, tlsConfig } from '@roamgrid/service-kit/runtime';
import { energyWhCodec, evseId, kioskInfo, powerWCodec, recordId, utilityId } from '@roamgrid/wire';
import { z } from 'zod';

/** The door to who shares the power of the station's site. Powers in watts, as decimal strings. */
const siteDoorSettings = z.strictObject({
  /** 0 takes a free one. */
  port: z.int().min(0).max(65_535).default(0),
  /** This machine alone when absent; beyond it `tls` is needed. */
  host: z.string().exactOptional(),
  tls: tlsConfig.exactOptional(),
  /** Who shares the site's power knows one of these; two while they are changed. */
  secrets: z.array(z.string().min(32).max(500)).min(1).max(2),
  /** What may flow while nobody says anything: the site's connection carries it for all its outlets at once. */
  aloneW: powerWCodec,
});

/** A car that comes when the outlet asks for one: this program drives a simulated bay. */
const simulatedCar = z.strictObject({
  capacityWh: energyWhCodec,
  initialWh: energyWhCodec,
  maxPowerW: powerWCodec,
  /** How long it stays once it takes no more; until it is unplugged when absent. */
  staysMs: z.int().min(0).max(86_400_000).exactOptional(),
});

const shape = z.strictObject({
  stationId: recordId,
  utilityId,
  /** Of the utility's gateway. */
  gatewayUrl: z.url(),
  /** The station's own, as the registry has its public half under `kid`. */
  key: privateJwk,
  meter: z.strictObject({ meterId: z.string().min(1).max(64), key: privateJwk }),
  evseId,
  maxPowerW: powerWCodec,
  /** Journal and ends of sessions. */
  stateDir: z.string().min(1),
  kiosk: z.strictObject({
    port: z.int().min(0).max(65_535).default(0),
    /** The built page. */
    pageFolder: z.string().min(1),
    info: kioskInfo.omit({ evseId: true }),
  }),
  car: simulatedCar,
  site: siteDoorSettings.exactOptional(),
  logLevel,
});

/** `npx tsx station/src/main.ts --config station.json`: an own station with one outlet, whose bay is simulated. */
export const stationConfig = shape.superRefine(({ site, maxPowerW, car }, context) => {
  if (site !== undefined && site.aloneW > maxPowerW)
    context.addIssue({
      ...{ code: 'custom', path: ['site', 'aloneW'] },
      message: `the outlet has ${maxPowerW} W: no more than that may flow while nobody says anything`,
    });
  if (car.initialWh > car.capacityWh)
    context.addIssue({ code: 'custom', path: ['car', 'initialWh'], message: 'the battery holds less' });
});
export type StationConfig = z.output<typeof stationConfig>;
