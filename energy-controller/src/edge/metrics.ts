import { Gauge, type Registry } from 'prom-client';
import type { Site } from '../site/site.ts';
import { siteView } from '../site/view.ts';

const WATTS = ['availableW', 'grantedW', 'countedW', 'measuredW'] as const;

/** Figures of each site for whoever watches the service. */
export const siteMetrics = (registry: Registry, sites: ReadonlyMap<string, Site>): void => {
  new Gauge({
    name: 'energy_site_watts',
    help: 'Power of a site: what sources have, what was granted, what devices may be taking, what loads measure',
    labelNames: ['site', 'what'],
    registers: [registry],
    collect() {
      for (const [siteId, site] of sites) {
        const view = siteView(site, []);
        for (const what of WATTS) this.set({ site: siteId, what }, Number(view[what]));
      }
    },
  });
  new Gauge({
    name: 'energy_guard_tripped',
    help: 'Whether the guard of a site has tripped',
    labelNames: ['site'],
    registers: [registry],
    collect() {
      for (const [siteId, site] of sites) this.set({ site: siteId }, site.guard.isTripped ? 1 : 0);
    },
  });
  new Gauge({
    name: 'energy_silent_devices',
    help: 'Devices of a site that did not answer at the last tick',
    labelNames: ['site'],
    registers: [registry],
    collect() {
      for (const [siteId, { decision }] of sites) {
        const silent =
          decision === undefined ? 0 : decision.silentLoads.length + decision.silentSources.length;
        this.set({ site: siteId }, silent);
      }
    },
  });
};
