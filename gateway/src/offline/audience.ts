import { ok, type Result } from '@roamgrid/domain';
import { pathOf, tariffsFor, type OfflineAsk, type StationRecord, type TariffRecord } from '@roamgrid/wire';
import type { Registry } from '../registry/registry.ts';
import { noQuote, type NoQuote } from './ask.ts';

/** An outlet in service. */
interface AudienceOutlet {
  readonly station: StationRecord;
  readonly evseId: string;
}

export type Outlets = readonly [AudienceOutlet, ...AudienceOutlet[]];

/** Most outlets of a place for which one token can be: beyond, a stolen phone would be worth too much. */
const MOST_OUTLETS = 200;

/** Outlets in service that an ask means. */
export const outletsOf = (
  registry: Registry,
  utilityId: string,
  { audience }: Pick<OfflineAsk, 'audience'>,
): Result<Outlets, NoQuote> => {
  const outlets = registry
    .stations()
    .filter((station) => station.utilityId === utilityId && station.status === 'active')
    .filter(({ placeId }) => audience.kind === 'outlet' || placeId === audience.groupId)
    .flatMap((station) =>
      station.evses
        .filter(({ removedAtMs }) => removedAtMs === undefined)
        .map(({ evseId }) => ({ station, evseId })),
    )
    .filter(({ evseId }) => audience.kind === 'group' || evseId === audience.evseId);
  if (outlets.length === 0)
    return noQuote(
      'OFFLINE_OUTLET_UNKNOWN',
      audience.kind === 'outlet'
        ? `${audience.evseId} is no outlet of this utility in service`
        : `there is no place ${audience.groupId}`,
    );
  const [first] = outlets;
  if (first === undefined || outlets.length > MOST_OUTLETS)
    return noQuote(
      'OFFLINE_OUTLET_UNKNOWN',
      `${outlets.length} outlets are too many for one token, ${MOST_OUTLETS} at most: ask for one outlet`,
    );
  const isMixed = outlets.some(
    ({ station: { group, timeZone } }) =>
      group !== first.station.group || timeZone !== first.station.timeZone,
  );
  if (isMixed)
    return noQuote('OFFLINE_PLACE_MIXED', 'outlets of the place are settled apart: ask for one outlet');
  return ok([first, ...outlets.slice(1)]);
};

/**
 * The one version of a tariff that counts at all outlets when the hours begin, and that is good until they end. A quote stays with its version,
 * as a session's does, whatever is published later.
 */
export const tariffForHours = (
  registry: Registry,
  utilityId: string,
  outlets: Outlets,
  { agreementId, fromMs, untilMs }: Pick<OfflineAsk, 'agreementId' | 'fromMs' | 'untilMs'>,
): Result<TariffRecord, NoQuote> => {
  const current = registry
    .currentTariffs(utilityId, fromMs)
    .filter((tariff) => registry.isBound(agreementId, tariff));
  const chosen = outlets.map(({ station, evseId }) => tariffsFor(current, pathOf(station, evseId))[0]);
  const [first] = chosen;
  if (first === undefined || chosen.includes(undefined))
    return noQuote('OFFLINE_NO_TARIFF', 'nothing is priced there when the hours begin');
  if (chosen.some((tariff) => tariff !== first))
    return noQuote('OFFLINE_PLACE_MIXED', 'outlets of the place have several prices: ask for one outlet');
  if (first.validUntilMs < untilMs)
    return noQuote(
      'OFFLINE_NO_TARIFF',
      `the price there stands until ${new Date(first.validUntilMs).toISOString()}: ask for hours that end by then`,
    );
  return ok(first);
};
