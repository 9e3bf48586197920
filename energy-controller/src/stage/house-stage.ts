import assert from 'node:assert/strict';
import type { Source } from '@roamgrid/domain/power';
import type { PrivateJwk } from '@roamgrid/service-kit/runtime';
import { panelView, type PanelBreaker, type PanelView } from '@roamgrid/wire';
import { PanelPlant } from '../adapters/panel/simulator/panel-plant.ts';
import { servePanel } from '../adapters/panel/simulator/serve-panel.ts';
import type { ControllerConfig } from '../config.ts';
import {
  freshKey,
  gridOf,
  NOW,
  publicKeyOf,
  SECRET,
  startStage,
  type Stage,
  type StageOptions,
} from './stage.ts';

type SiteInput = ControllerConfig['sites'][number];

export const PHONE = 'phone-1';

/** A line of a breaker table: a single-pole breaker in a living room unless it says otherwise. */
export const breakerOf = (breakerId: string, more: Partial<PanelBreaker> = {}): PanelBreaker => ({
  ...{ breakerId, poles: 1, circuits: [breakerId], device: breakerId, type: 'lights', room: 'living room' },
  ...{ floor: 'downstairs', priority: 2, ratedW: 2_000n },
  ...more,
});

/** Of 10 kWh, so that a percent is 100 Wh. */
export const batteryOf = (
  kind: 'ess' | 'ev',
  percent: number,
  floorPercent: number,
  availableW = 5_000n,
): Source => ({
  ...{ sourceId: kind, kind, nodeId: 'storage', availableW },
  store: { storedWh: BigInt(percent) * 100n, capacityWh: 10_000n, floorWh: BigInt(floorPercent) * 100n },
});

interface HouseOptions {
  readonly breakers: readonly (readonly [PanelBreaker, drawsW: bigint])[];
  readonly sources?: StageOptions['sources'];
  readonly loads?: StageOptions['loads'];
  readonly panel?: Partial<NonNullable<SiteInput['panel']>>;
  readonly controller?: Partial<ControllerConfig>;
  readonly folder?: string;
}

/** A house: a controller over a served panel, batteries and a grid of 20 kW, by a clock that the test turns. */
export interface HouseStage extends Stage {
  readonly panel: PanelPlant;
  readonly panelServer: Awaited<ReturnType<typeof servePanel>>;
  readonly phoneKey: PrivateJwk;
  phone(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  seen(): Promise<PanelView>;
}

export const startHouse = async ({
  breakers,
  sources = [{ source: gridOf(20_000n, 'house'), isTold: false }],
  loads = [],
  panel: more = {},
  controller = {},
  folder,
}: HouseOptions): Promise<HouseStage> => {
  const under: { stage?: Stage } = {};
  const house = new PanelPlant(
    () => under.stage?.nowMs() ?? NOW,
    (watts) => {
      const plant = under.stage?.plant;
      if (plant === undefined) return;
      plant.settle();
      plant.addLoad({ loadId: 'behind-the-panel', claims: [], aloneW: 0n, stubbornW: watts });
    },
  );
  for (const [line, drawsW] of breakers) house.add(line, drawsW);
  const server = await servePanel(house, SECRET);
  const phoneKey = freshKey('phone-1');
  const ratedW = breakers.reduce((sum, [line]) => sum + line.ratedW, 0n);
  const started = await startStage({
    ...{ sources, loads, ...(folder !== undefined && { folder }) },
    nodes: [
      { nodeId: 'house', kind: 'connection', hard: { totalW: '20000' } },
      { nodeId: 'circuits', kind: 'circuit', parentId: 'house' },
      { nodeId: 'storage', kind: 'circuit', parentId: 'house' },
    ],
    controller: {
      ...controller,
      trusted: [{ iss: PHONE, role: 'phone', key: publicKeyOf(phoneKey) }, ...(controller.trusted ?? [])],
    },
    site: {
      policyId: 'panel',
      panel: { loadId: 'panel', phones: [PHONE], ...more },
      loads: [
        {
          ...{ loadId: 'panel', nodeId: 'circuits', aloneW: ratedW.toString() },
          adapter: { kind: 'panel', url: server.url, secret: SECRET },
        },
      ],
    },
  });
  under.stage = started;
  house.settle();
  const phone: HouseStage['phone'] = (method, path, body) =>
    started.ask(method, `/phone/v1/sites/s1/panel${path}`, body, phoneKey, { iss: PHONE, role: 'phone' });
  return Object.assign(started, {
    ...{ panel: house, panelServer: server, phoneKey, phone },
    async seen() {
      const { status, body } = await phone('GET', '');
      assert.equal(status, 200, JSON.stringify(body));
      return panelView.parse(body);
    },
    close: ((close) => async () => {
      await close();
      await server.close();
    })(started.close.bind(started)),
  });
};
