import { listenConfig, type Running } from '@roamgrid/service-kit/runtime';
import { powerClaim, powerSource, powerWCodec, siteThingId } from '@roamgrid/wire';
import { z } from 'zod';
import { Plant } from './plant.ts';
import { plantMeter } from './plant-meter.ts';
import { servePlant } from './plant-server.ts';

/** A simulated site: what gives and takes power there. */
export const plantConfig = z.strictObject({
  listen: listenConfig,
  /** By which the controller proves itself to every device. */
  secret: z.string().min(32).max(256),
  sources: z
    .array(
      z.strictObject({
        source: powerSource,
        isTold: z.boolean().default(false),
        meter: plantMeter.exactOptional(),
      }),
    )
    .max(100),
  loads: z
    .array(
      z.strictObject({
        loadId: siteThingId,
        aloneW: powerWCodec.prefault('0'),
        /** What it asks for from the start on. */
        claims: z.array(powerClaim.omit({ arrivedMs: true })).max(100),
      }),
    )
    .max(100),
});

/** Serves a simulated site by the machine's clock. */
export const startPlant = async (config: z.input<typeof plantConfig>): Promise<Running> => {
  const { listen, secret, sources, loads } = plantConfig.parse(config);
  const plant = new Plant(Date.now);
  for (const source of sources) plant.addSource(source);
  for (const { loadId, aloneW, claims } of loads)
    plant.addLoad({ loadId, aloneW, claims: claims.map((claim) => ({ ...claim, arrivedMs: Date.now() })) });
  return servePlant(plant, secret, listen);
};
