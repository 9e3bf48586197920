import { allocate, growTree, PLAIN_POLICY, type Claim, type PowerState } from '@roamgrid/domain/power';
import { unwrap } from '@roamgrid/domain';
import type { PoolReport } from '@roamgrid/wire';
import type { PoolSettings } from './config.ts';
import { leaseFor, mostAtW, type Lease, type Part } from './leases.ts';

/** What is known of a site of a pool. */
export interface PoolSite extends Part {
  readonly report: PoolReport | undefined;
}

/** A site that has said nothing for so many leases wants nothing that counts. */
const SILENT_LEASES = 2;

const claimsOf = (
  { siteId, report }: PoolSite,
  weight: bigint,
  nowMs: number,
  silentAfterMs: number,
): readonly Claim[] => {
  if (report === undefined || nowMs - report.sentAtMs > silentAfterMs) return [];
  const { wantedW, reservations } = report;
  const of = (claimId: string, more: Partial<Claim>): Claim => ({
    ...{ claimId, kind: 'charge', nodeId: siteId, minW: 0n, maxW: wantedW, arrivedMs: 0, weight },
    ...more,
  });
  const booked = reservations.filter(({ untilMs }) => untilMs > nowMs);
  const begunW = booked.reduce((sum, { fromMs, watts }) => (fromMs <= nowMs ? sum + watts : sum), 0n);
  return [
    of(siteId, { maxW: wantedW > begunW ? wantedW - begunW : 0n }),
    // What is booked is kept free before it begins, and served before what is not while it lasts.
    ...booked.map(({ watts, fromMs, untilMs }, at) =>
      of(`${siteId}@${at}`, { maxW: watts, fromMs, untilMs, urgency: 'high' }),
    ),
  ];
};

/** What each site should have of the feed now: the power core's own sharing by weight, over the tree of the sites. */
export const targetsOf = (
  settings: PoolSettings,
  sites: readonly PoolSite[],
  nowMs: number,
): ReadonlyMap<string, bigint> => {
  const tree = unwrap(
    growTree(
      [
        { nodeId: 'feed', kind: 'connection', hard: { totalW: settings.limitW } },
        ...settings.sites.map(({ siteId }) => ({
          nodeId: siteId,
          kind: 'outlet' as const,
          parentId: 'feed',
        })),
      ],
      { volts: 230n, lanes: 1 },
    ),
  );
  const weights = new Map(settings.sites.map(({ siteId, weight }) => [siteId, BigInt(weight)]));
  const silentAfterMs = SILENT_LEASES * settings.leaseMs;
  const state: PowerState = {
    tree,
    sources: [{ sourceId: 'feed', kind: 'grid', nodeId: 'feed', availableW: settings.limitW }],
    claims: sites.flatMap((site) => claimsOf(site, weights.get(site.siteId) ?? 1n, nowMs, silentAfterMs)),
    signals: {},
    policy: { ...PLAIN_POLICY, policyId: 'pool', serve: 'share', holdAheadMs: settings.holdAheadMs },
    tickMs: settings.leaseMs,
  };
  const { grants, holds } = allocate(state, nowMs);
  // What is kept free for a site is its own already: nobody else can have it meanwhile.
  const given = [
    ...grants.map(({ claimId, grantedW: watts }) => ({ claimId, watts })),
    ...holds.map(({ claimId, heldW: watts }) => ({ claimId, watts })),
  ];
  return new Map(
    sites.map(({ siteId }) => {
      const own = given.filter(({ claimId }) => claimId === siteId || claimId.startsWith(`${siteId}@`));
      return [siteId, own.reduce((sum, { watts }) => sum + watts, 0n)];
    }),
  );
};

/** The next lease of a site that has just reported. */
export const answerOf = (
  settings: PoolSettings,
  sites: readonly PoolSite[],
  siteId: string,
  nowMs: number,
): Lease => {
  const site = sites.find((one) => one.siteId === siteId);
  if (site === undefined) throw new Error(`${siteId} has no part in ${settings.poolId}`);
  return leaseFor(
    site,
    sites.filter((one) => one !== site),
    {
      poolW: settings.limitW,
      targetW: targetsOf(settings, sites, nowMs).get(siteId) ?? 0n,
      nowMs,
      times: settings,
    },
  );
};

/** Most that all sites may be taking now. */
export const countedOf = (settings: PoolSettings, sites: readonly PoolSite[], nowMs: number): bigint =>
  sites.reduce((sum, site) => sum + mostAtW(site, nowMs, settings), 0n);
