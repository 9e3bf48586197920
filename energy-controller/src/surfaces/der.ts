import type { Site } from '../site/site.ts';
import { siteView } from '../site/view.ts';

/** What gives and stores energy in a house, in wire form: watts and watt-hours as decimal texts. */
export const derOf = (site: Site | undefined): object => ({
  sources:
    site === undefined
      ? []
      : siteView(site, []).sources.map(({ sourceId, kind, state, availableW, measuredW, store }) => ({
          ...{ sourceId, kind, state },
          ...{ availableW: availableW.toString(), measuredW: measuredW.toString() },
          ...(store !== undefined && {
            storedWh: store.storedWh.toString(),
            capacityWh: store.capacityWh.toString(),
          }),
        })),
});
