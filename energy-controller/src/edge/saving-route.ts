import { divide, resolveZone, savingOf, type HouseUse } from '@roamgrid/domain';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { readTariffJson, recordId, siteSaving, siteSavingAsked, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import { controllerError } from '../problems.ts';
import type { Site } from '../site/site.ts';

const STEP_MS = 900_000;
const MILLI = 1_000n;
/** Longest span that is asked for at once: a month and its ends. */
const MOST_MS = 32 * 86_400_000;

type Used = Awaited<ReturnType<Site['store']['used']>>;

/** Registers in whole watt-hours, each rounded down, as stretches that end with their quarter-hours or the span. */
const usesOf = (used: Used, untilMs: number): readonly HouseUse[] => {
  const sums = { taken: 0n, bought: 0n };
  const grown = (of: keyof typeof sums, milliWh: bigint): bigint => {
    const before = divide(sums[of], MILLI, 'floor');
    sums[of] += milliWh;
    return divide(sums[of], MILLI, 'floor') - before;
  };
  return used.map(({ atMs, takenMilliWh, boughtMilliWh }) => ({
    untilMs: Math.min(atMs + STEP_MS, untilMs),
    takenWh: grown('taken', takenMilliWh),
    boughtWh: grown('bought', boughtMilliWh),
  }));
};

/**
 * Whose samples count: all loads but those that fill a stationary battery, which would not be there without it, and the grid. What fills a
 * car counts in both bills.
 */
const countedOf = ({ loads, sources }: Site['heard']) => {
  const kindOf = (sourceId: string | undefined) =>
    sourceId === undefined ? undefined : sources.get(sourceId)?.reading?.source.kind;
  const fillsStore = (loadId: string): boolean => {
    const claims = loads.get(loadId)?.reading?.claims ?? [];
    return claims.length > 0 && claims.every(({ sourceId }) => kindOf(sourceId) === 'ess');
  };
  return {
    loadIds: [...loads.keys()].filter((loadId) => !fillsStore(loadId)),
    sourceIds: [...sources.keys()].filter((sourceId) => kindOf(sourceId) === 'grid'),
  };
};

/** What a house's batteries and sun saved, by the same rating as every bill. */
export const savingRoute = (find: (siteId: string) => Site, auth: Auth<AssertionClaims>): Route =>
  route({
    ...{ method: 'post', path: '/operator/v1/sites/{siteId}/saving', auth },
    summary:
      'What the site’s own sources saved in a span, by a tariff: the bill without them less the bill with them',
    params: z.strictObject({ siteId: recordId }),
    body: siteSavingAsked,
    answers: { 200: siteSaving },
    problems: ['SITE_UNKNOWN', 'SAVING_INVALID'],
    handler: async ({ params: { siteId }, body: { tariffJson, timeZone, fromMs, untilMs } }) => {
      const { store, heard } = find(siteId);
      if (fromMs >= untilMs || untilMs - fromMs > MOST_MS)
        throw controllerError(
          'SAVING_INVALID',
          'ask for a span of at most 32 days that ends after it begins',
        );
      const tariff = readTariffJson(tariffJson);
      if (!tariff.ok) throw controllerError('SAVING_INVALID', `tariffJson: ${tariff.error.message}`);
      const zone = resolveZone(timeZone, fromMs, untilMs);
      if (!zone.ok) throw controllerError('SAVING_INVALID', `timeZone: ${zone.error.message}`);
      const uses = usesOf(await store.used({ fromMs, untilMs }, STEP_MS, countedOf(heard)), untilMs);
      if (uses.length === 0) throw controllerError('SAVING_INVALID', 'nothing was measured in that span');
      const saving = savingOf({ tariff: tariff.value, fromMs, uses, zoneOffsets: zone.value });
      if (!saving.ok)
        throw controllerError('SAVING_INVALID', saving.error.map(({ message }) => message).join('; '));
      const { without, with: bought, savedMicros } = saving.value;
      const sum = (of: 'takenWh' | 'boughtWh') => uses.reduce((total, use) => total + use[of], 0n);
      return reply(200, {
        currency: bought.currency,
        ...{ takenWh: sum('takenWh'), boughtWh: sum('boughtWh'), savedMicros },
        withoutMicros: without.totalInclTaxMicros,
        withMicros: bought.totalInclTaxMicros,
      });
    },
  });
