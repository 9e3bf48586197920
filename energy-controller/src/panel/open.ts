import type { LoadAdapter } from '../adapters/adapter.ts';
import { PanelLoad } from '../adapters/panel/panel-load.ts';
import type { SiteConfig } from '../site/site-config.ts';
import type { Db } from '../store/tables.ts';
import { HousePanel } from './house-panel.ts';
import { PanelStore } from './kept.ts';

/** The panel of a site that is a house, with what it kept. */
export const openPanel = async (
  { siteId, panel: config }: Pick<SiteConfig, 'siteId' | 'panel'>,
  loads: readonly LoadAdapter[],
  db: Db,
): Promise<HousePanel | undefined> => {
  const load = loads.find(({ loadId }) => loadId === config?.loadId);
  if (config === undefined || !(load instanceof PanelLoad)) return undefined;
  return HousePanel.open({ config, load, store: new PanelStore(db, siteId) });
};
