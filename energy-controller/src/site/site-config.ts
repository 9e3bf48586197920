import { duration } from '@roamgrid/service-kit/runtime';
import {
  growTree,
  panelPolicy,
  PLAIN_POLICY,
  SERVERS_FIRST,
  VEHICLES_FIRST,
  VEHICLES_FIRST_SHARING,
  type Policy,
} from '@roamgrid/domain/power';
import { powerNode, powerPolicy, powerWCodec, recordId, siteThingId } from '@roamgrid/wire';
import { z } from 'zod';
import { bookingConfig } from '../booking/config.ts';
import { PANEL_THRESHOLD_PERMILLE, panelConfig } from '../panel/config.ts';
import { homeConfig } from '../hems/config.ts';
import { recordConfig } from '../record/config.ts';
import { surfacesConfig } from '../surfaces/surfaces.ts';
import { houseRecordConfig } from '../record/house/house-config.ts';
import { loadAdapterConfig, sourceAdapterConfig } from './adapter-kinds.ts';
import type { SiteSpec } from './spec.ts';

const guard = z
  .strictObject({
    everyMs: duration(1_000),
    toleranceMs: duration(5_000),
    marginPermille: z.int().min(0).max(100).default(10),
    blindMs: duration(30_000),
    /** Without it an operator resets. */
    coolDownMs: z.int().min(1_000).max(86_400_000).exactOptional(),
  })
  .prefault({});

const planning = z.strictObject({
  slotMs: z.int().min(60_000).max(3_600_000).default(300_000),
  slots: z.int().min(2).max(192).default(48),
});

/** A feed that is shared with other sites: who divides it, and what this one takes while that is away. */
const cloud = z.strictObject({
  url: z.url(),
  poolId: recordId,
  staticW: powerWCodec,
  reportMs: duration(2_000),
  timeoutMs: duration(2_000),
});

const shape = z.strictObject({
  siteId: recordId,
  volts: z.int().min(1).max(100_000).default(230),
  lanes: z.union([z.literal(1), z.literal(3)]).default(1),
  nodes: z.array(powerNode).min(1).max(1_000),
  sources: z
    .array(
      z.strictObject({
        sourceId: siteThingId,
        nodeId: siteThingId,
        staleAfterMs: duration(30_000),
        adapter: sourceAdapterConfig,
      }),
    )
    .max(100),
  loads: z
    .array(
      z.strictObject({
        loadId: siteThingId,
        nodeId: siteThingId,
        aloneW: powerWCodec.prefault('0'),
        adapter: loadAdapterConfig,
      }),
    )
    .max(500),
  /** By the id of a policy that is built in or among `policies`. */
  policyId: siteThingId.default(PLAIN_POLICY.policyId),
  policies: z.array(powerPolicy).max(50).default([]),
  tickMs: duration(1_000),
  readMs: duration(800),
  tellMs: duration(800),
  grantMs: duration(30_000),
  slackMs: duration(1_000),
  sampleMs: duration(60_000),
  guard,
  planning: planning.exactOptional(),
  /** It plans over days, as a house does; instead of `planning`. */
  home: homeConfig.exactOptional(),
  cloud: cloud.exactOptional(),
  /** Its slots are recorded on the ledger, and its servers' energy charged. */
  record: recordConfig.exactOptional(),
  /** It is a house: what its panel does and measures is recorded on the ledger. */
  house: houseRecordConfig.exactOptional(),
  /** Power is kept free for what drivers booked there. */
  booking: bookingConfig.exactOptional(),
  /** It is a house with a panel. */
  panel: panelConfig.exactOptional(),
  /** By which surfaces it is told prices and events. */
  surfaces: surfacesConfig.exactOptional(),
});
export type SiteConfig = z.output<typeof shape>;

const BUILT_IN: readonly Policy[] = [PLAIN_POLICY, VEHICLES_FIRST, VEHICLES_FIRST_SHARING, SERVERS_FIRST];

export const policiesOf = ({
  policies,
  panel,
}: Pick<SiteConfig, 'policies' | 'panel'>): ReadonlyMap<string, Policy> => {
  const ofPanel = panelPolicy(panel?.thresholdPermille ?? PANEL_THRESHOLD_PERMILLE);
  return new Map([...BUILT_IN, ofPanel, ...policies].map((policy) => [policy.policyId, policy]));
};

/** What a site cannot be; undefined when nothing is wrong. */
const faultOf = (site: SiteConfig): string | undefined => {
  const tree = growTree(site.nodes, { volts: BigInt(site.volts), lanes: site.lanes });
  if (!tree.ok) return tree.error.message;
  const ids = [...site.sources.map(({ sourceId }) => sourceId), ...site.loads.map(({ loadId }) => loadId)];
  if (new Set(ids).size !== ids.length) return 'two devices have one id';
  const stray = [...site.sources, ...site.loads].find(({ nodeId }) => !tree.value.byId.has(nodeId));
  if (stray !== undefined) return `there is no node ${stray.nodeId}`;
  if (!policiesOf(site).has(site.policyId)) return `there is no policy ${site.policyId}`;
  const nowhere = site.booking?.outlets.find(
    ({ loadId }) => !site.loads.some((load) => load.loadId === loadId),
  );
  if (nowhere !== undefined) return `${nowhere.evseId} is at ${nowhere.loadId}, which is no load of the site`;
  const stranger = site.record?.meters.find(
    ({ loadId }) => !site.loads.some((load) => load.loadId === loadId && load.adapter.kind === 'servers'),
  );
  if (stranger !== undefined) return `${stranger.loadId} is no load of kind servers`;
  const { panel } = site;
  if (
    panel !== undefined &&
    !site.loads.some(({ loadId, adapter }) => loadId === panel.loadId && adapter.kind === 'panel')
  )
    return `${panel.loadId} is no load of kind panel`;
  const cars = site.record?.cars ?? [];
  const car = cars.find(
    ({ sourceId }) =>
      !site.sources.some((each) => each.sourceId === sourceId && each.adapter.kind === 'http'),
  );
  if (car !== undefined) return `${car.sourceId} is no source of kind http`;
  if (cars.length > 0 && site.record?.givenMicrosPerKWh === undefined)
    return 'cars are to be paid for what they give: say givenMicrosPerKWh as the agreement has it';
  if (site.home !== undefined && site.planning !== undefined)
    return 'it is planned by home or by planning: leave one out';
  if (site.grantMs < 3 * site.tickMs) return 'a grant lasts three ticks at least: raise grantMs';
  // What loads take when nobody tells them anything keeps the limits too.
  for (const { node, hardTotalW, hardW, index } of tree.value.nodes) {
    const aloneW = site.loads
      .filter(({ nodeId }) => tree.value.byId.get(nodeId)?.path.includes(index) === true)
      .reduce((sum, load) => sum + load.aloneW, 0n);
    const tightest = [hardTotalW, ...hardW.map((limitW) => limitW * BigInt(hardW.length))].reduce((a, b) =>
      a < b ? a : b,
    );
    if (index === 0 && site.cloud !== undefined && aloneW > site.cloud.staticW)
      return `loads take ${aloneW} W when nobody tells them anything, above the static part of ${site.cloud.staticW} W: lower aloneW`;
    if (aloneW > tightest)
      return `loads below ${node.nodeId} take ${aloneW} W when nobody tells them anything, above its ${tightest} W: lower aloneW`;
  }
  return undefined;
};

/** One site: its limits, what gives and takes power there, the policy it begins with, and its times. */
export const siteConfig = shape.superRefine((site, context) => {
  const fault = faultOf(site);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `${site.siteId}: ${fault}` });
});

export const specOf = (site: SiteConfig): SiteSpec => ({
  siteId: site.siteId,
  volts: BigInt(site.volts),
  lanes: site.lanes,
  nodes: site.nodes,
  loads: site.loads.map(({ loadId, nodeId, aloneW }) => ({ loadId, nodeId, aloneW })),
  sources: site.sources.map(({ sourceId, staleAfterMs }) => ({ sourceId, staleAfterMs })),
  times: {
    tickMs: site.tickMs,
    readMs: site.readMs,
    tellMs: site.tellMs,
    grantMs: site.grantMs,
    slackMs: site.slackMs,
  },
  guard: {
    everyMs: site.guard.everyMs,
    toleranceMs: site.guard.toleranceMs,
    marginPermille: BigInt(site.guard.marginPermille),
    blindMs: site.guard.blindMs,
    coolDownMs: site.guard.coolDownMs,
  },
  planning: site.planning,
});
