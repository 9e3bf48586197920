import { z } from 'zod';
import { poolList } from './cloud.ts';
import { cabinetReading, jobStatus } from './compute.ts';
import { deviceView } from './devices.ts';

/** What stands at a site beside what its controller tells of it, for the page of the site: each where it is there and answers. */
export const siteBeside = z.strictObject({
  servers: z.strictObject({ reading: cabinetReading, jobs: z.array(jobStatus) }).exactOptional(),
  devices: z.array(deviceView).exactOptional(),
  /** The feed that it shares. */
  pool: poolList.shape.pools.element.exactOptional(),
});
export type SiteBeside = z.infer<typeof siteBeside>;
