import type { Lists, OpenBody, Station } from './api.ts';
import { check, type Check } from './check.ts';

export type Tariff = Lists['tariffs']['items'][number];

type Scope = NonNullable<Tariff['record']['appliesTo']>;

/** What a tariff is for, in words. */
export function scopeText({ placeId, stationId, evseId }: Scope = {}): string {
  if (evseId !== undefined) return `outlet ${evseId}`;
  if (stationId !== undefined) return `station ${stationId}`;
  return placeId === undefined ? 'every outlet' : `place ${placeId}`;
}

const isAt = ({ placeId, stationId, evseId }: Scope, station: Station | undefined, outlet: string): boolean =>
  (placeId === undefined || placeId === station?.placeId) &&
  (stationId === undefined || stationId === station?.stationId) &&
  (evseId === undefined || evseId === outlet);

/** The tariff that was quoted: valid when the session opened, agreed between the two, and for this outlet. */
export function tariffCheck(
  { openedAtMs, quote }: OpenBody,
  stations: readonly Station[],
  tariffs: readonly Tariff[],
): Check {
  const station = stations.find(
    ({ stationId, utilityId }) => stationId === quote.stationId && utilityId === quote.vun,
  );
  const quoted = tariffs.find(
    ({ record }) => record.tariffId === quote.tariffId && record.version === quote.tariffVersion,
  );
  const { record } = quoted ?? {};
  return check(
    'tariff',
    'The quoted tariff was valid, is bound under the agreement, and is for this outlet',
    record?.utilityId === quote.vun &&
      record.validFromMs <= openedAtMs &&
      openedAtMs < record.validUntilMs &&
      quoted?.boundUnder.includes(quote.agreementId) === true &&
      isAt(record.appliesTo ?? {}, station, quote.evseId),
    `${quote.tariffId} version ${quote.tariffVersion} for ${record ? scopeText(record.appliesTo) : 'nothing known'}, quoted at ${quote.evseId}`,
  );
}
