import { policyIdOf, policyInForce, type DayPublication, type TariffPolicy } from '@roamgrid/tariff-service';
import type { PolicyView, PublicationView, TariffVersionView } from '@roamgrid/web';
import { auditedTariffPage, scopeText } from '@roamgrid/wire';
import type { RunningUtility } from '../system/utility.ts';
import { priceHours } from './price-hours.ts';

/** What the operations page shows of tariffs: in force and to come, their policy, and how publication goes. */

const HOUR_MS = 3_600_000;
const PRICE_HOURS = 24;

type Source = Pick<RunningUtility, 'definition' | 'gateway' | 'auditor'>;
type Version = TariffVersionView & { readonly tariffJson: string };

/** Bound versions that hold now or within the next day, in the order of their starts. */
async function boundVersions(utility: Source, nowMs: number): Promise<readonly Version[]> {
  const { utilityId } = utility.definition;
  const found = new Map<string, Version>();
  for (const atMs of [nowMs, nowMs + (PRICE_HOURS / 2) * HOUR_MS, nowMs + PRICE_HOURS * HOUR_MS]) {
    const url = `${utility.gateway.url}/auditor/v1/tariffs?utilityId=${utilityId}&atMs=${atMs}`;
    const { items } = await utility.auditor('GET', url, undefined, auditedTariffPage);
    for (const { record, boundUnder } of items) {
      if (boundUnder.length === 0) continue;
      const { tariffId, version, validFromMs, validUntilMs, origin, tariffJson, appliesTo } = record;
      found.set(`${tariffId} ${version}`, {
        tariffId,
        version,
        ...(appliesTo && { appliesTo: scopeText(appliesTo) }),
        validFromMs,
        validUntilMs,
        boundUnder,
        policyId: origin?.policyId,
        forecastHash: origin?.forecastHash,
        tariffJson,
      });
    }
  }
  return [...found.values()].sort((a, b) => a.validFromMs - b.validFromMs || a.version - b.version);
}

/** The version that gateways quote at an instant where nothing narrower is bound: of those that hold, the one that started last. */
const inForce = (versions: readonly Version[], atMs: number): Version | undefined =>
  versions.findLast(({ validFromMs, validUntilMs }) => validFromMs <= atMs && atMs < validUntilMs);

const viewOf = ({ tariffJson: _, ...view }: Version): TariffVersionView => view;

const hoursOfPrices = (versions: readonly Version[], timeZone: string, nowMs: number) => {
  const byVersion = new Map(
    versions.map((version) => [version, priceHours(version.tariffJson, timeZone, nowMs, PRICE_HOURS)]),
  );
  const hour = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  return Array.from({ length: PRICE_HOURS }, (_, at) => hour + at * HOUR_MS).flatMap((startMs, at) => {
    const version = inForce(versions, Math.max(startMs, nowMs));
    const priced = version && byVersion.get(version)?.[at];
    return priced === undefined ? [] : [{ startMs, microsPerKWh: priced.microsPerKWh.toString() }];
  });
};

/**
 * The version in force with the prices of the next day and the versions that are to come, of those for every outlet; beside
 * them what is for a place, a station or an outlet alone.
 */
export async function tariffsOf(utility: Source, timeZone: string, nowMs: number) {
  const all = await boundVersions(utility, nowMs);
  const localTariffs = all.filter(({ appliesTo }) => appliesTo !== undefined).map(viewOf);
  const versions = all.filter(({ appliesTo }) => appliesTo === undefined);
  const current = inForce(versions, nowMs);
  const nextTariffs = versions.filter(({ validFromMs }) => validFromMs > nowMs).map(viewOf);
  if (current === undefined) return { tariff: undefined, nextTariffs, localTariffs };
  const { currency } = JSON.parse(current.tariffJson) as { currency: string };
  const hours = hoursOfPrices(versions, timeZone, nowMs);
  return { tariff: { ...viewOf(current), currency, hours }, nextTariffs, localTariffs };
}

/** The policy in force as the page shows it. */
export const policyView = (policies: readonly TariffPolicy[], nowMs: number): PolicyView | undefined => {
  const policy = policyInForce(policies, nowMs);
  return (
    policy && {
      policyId: policyIdOf(policy),
      reviewer: policy.review?.reviewer ?? '',
      currency: policy.currency,
      baseMicrosPerKWh: policy.baseMicrosPerKWh.toString(),
      floorMicrosPerKWh: policy.floorMicrosPerKWh.toString(),
      ceilingMicrosPerKWh: policy.ceilingMicrosPerKWh.toString(),
      maxStepMicrosPerKWh: policy.maxStepMicrosPerKWh.toString(),
      noticeMinutes: policy.noticeMinutes,
    }
  );
};

/** How the publication of a day went, as the page shows it. */
export const publicationDay = (day: DayPublication): PublicationView['days'][number] => {
  if (day.kind === 'frozen')
    return { day: day.day, state: 'frozen', why: `${day.code}: ${day.message}`, isRetried: day.isRetried };
  const { tariffVersion: version, validFromMs } = day;
  const [refused] = day.agreements.flatMap((each) => (each.outcome === 'refused' ? [each] : []));
  return refused === undefined
    ? { day: day.day, state: 'published', version, validFromMs }
    : {
        day: day.day,
        state: 'refused',
        version,
        validFromMs,
        why: `${refused.agreementId}: ${refused.limit}: ${refused.message}`,
      };
};
