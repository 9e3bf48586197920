import type { Interval, Station } from '@roamgrid/domain/power';
import { BOOKING_LIMITS, reservationRecord, type Place, type StationRecord } from '@roamgrid/wire';
import type { Kysely, Transaction } from 'kysely';
import type { Registry } from '../registry/registry.ts';
import { chooseTariff } from '../station-api/offer.ts';
import { priceRangeOf } from '../station-api/estimate.ts';
import type { GatewayDb } from '../store/schema.ts';
import { metresBetween, travelMs } from './distance.ts';
import { holding } from './read.ts';
import { tasksFrom } from './tasks.ts';

/** What bookings at this utility's stations are decided on: what is booked, what runs on servers, and where they stand. */

export interface CalendarContext {
  readonly utilityId: string;
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
}

type Db = Kysely<GatewayDb> | Transaction<GatewayDb>;

const { slotMs } = BOOKING_LIMITS;

/** A reservation as it takes its outlet: whole quarter-hours, as on the ledger. */
export const reservedInterval = (
  stationId: string,
  {
    reservationId,
    evseId,
    fromMs,
    untilMs,
  }: {
    readonly reservationId: string;
    readonly evseId: string;
    readonly fromMs: number;
    readonly untilMs: number;
  },
  powerW: bigint,
): Interval => ({
  intervalId: reservationId,
  stationId,
  kind: 'reservation',
  startMs: Math.floor(fromMs / slotMs) * slotMs,
  endMs: Math.ceil(untilMs / slotMs) * slotMs,
  powerW,
  outletId: evseId,
});

/** What is booked and what runs, from an instant on. */
export const intervalsFrom = async (
  { db, registry, utilityId }: CalendarContext,
  fromMs: number,
): Promise<readonly Interval[]> => {
  const untilMs = fromMs + BOOKING_LIMITS.aheadMs + BOOKING_LIMITS.slots * slotMs;
  const [reserved, tasks] = await Promise.all([
    holding(db, utilityId, { fromMs, untilMs }),
    tasksFrom(db, fromMs),
  ]);
  const stationOf = new Map(
    registry
      .stations()
      .filter((station) => station.utilityId === utilityId)
      .flatMap(({ stationId, evses }) => evses.map(({ evseId }) => [evseId, stationId] as const)),
  );
  return [
    ...reserved.flatMap(({ record, body }) => {
      const stationId = stationOf.get(record.evseId);
      return stationId === undefined ? [] : [reservedInterval(stationId, record, body?.powerW ?? 0n)];
    }),
    ...tasks,
  ];
};

/** What a station's cars and tasks may take together, as far as it was told. */
export const powerOf = (station: StationRecord, toldW: bigint | undefined): bigint =>
  toldW ??
  station.evses
    .filter(({ removedAtMs }) => removedAtMs === undefined)
    .reduce((sum, { maxPowerW }) => sum + maxPowerW, 0n);

/** Where a station stands, as far as it was told. */
export const placesOf = async (
  db: Db,
): Promise<ReadonlyMap<string, { readonly place?: Place; readonly powerW?: bigint }>> => {
  const rows = await db.selectFrom('station_calendar').selectAll().execute();
  return new Map(
    rows.map(({ station_id, power_w, latitude_e6, longitude_e6 }) => [
      station_id,
      {
        ...(power_w !== null && { powerW: power_w }),
        ...(latitude_e6 !== null &&
          longitude_e6 !== null && { place: { latitudeE6: latitude_e6, longitudeE6: longitude_e6 } }),
      },
    ]),
  );
};

/** The highest energy price that can apply at a station, micros a kWh; nothing where no tariff is agreed. */
const priceOf = (
  { registry, utilityId }: CalendarContext,
  station: StationRecord,
  hun: string,
  nowMs: number,
): bigint | undefined => {
  const agreement = registry.activeAgreement(utilityId, hun, nowMs);
  const [evse] = station.evses;
  if (agreement === undefined || evse === undefined) return undefined;
  const tariff = chooseTariff({ registry, utilityId }, { station, evse, agreement, nowMs });
  return tariff && priceRangeOf(tariff)?.maxMicrosPerKWh;
};

/** Where a wish could be met: active stations at which the driver's home utility has a price. Far ones whose place is unknown come last. */
export const stationsFor = async (
  context: CalendarContext,
  {
    hun,
    wished,
    from,
    nowMs,
  }: { readonly hun: string; readonly wished: string; readonly from?: Place; readonly nowMs: number },
): Promise<readonly Station[]> => {
  const { db, registry, utilityId } = context;
  const places = await placesOf(db);
  const origin = from ?? places.get(wished)?.place;
  return registry
    .stations()
    .filter((station) => station.utilityId === utilityId && station.status === 'active')
    .flatMap((station): readonly Station[] => {
      const { stationId } = station;
      const price = priceOf(context, station, hun, nowMs);
      if (price === undefined) return [];
      const outlets = station.evses.filter(({ removedAtMs }) => removedAtMs === undefined);
      const told = places.get(stationId);
      const distanceM = stationId === wished && from === undefined ? 0 : metresBetween(origin, told?.place);
      return [
        {
          stationId,
          powerW: powerOf(station, told?.powerW),
          outlets: outlets.length,
          outletIds: outlets.map(({ evseId }) => evseId),
          // Who says nothing of a station has no servers there.
          takesTasks: told !== undefined,
          distanceM,
          travelMs: travelMs(distanceM),
          priceMicrosPerKWh: price,
        },
      ];
    });
};

/** Reservations at a station on a time axis. */
export const bookedAt = async (
  { db, registry, utilityId }: CalendarContext,
  stationId: string,
  span: { readonly fromMs: number; readonly untilMs: number },
) => {
  const evseIds = registry.station(utilityId, stationId)?.evses.map(({ evseId }) => evseId) ?? [];
  if (evseIds.length === 0) return [];
  const rows = await db
    .selectFrom('reservation')
    .select('record')
    .where('evse_id', 'in', evseIds)
    .where('until_ms', '>', BigInt(span.fromMs))
    .where('from_ms', '<', BigInt(span.untilMs))
    .orderBy('from_ms')
    .execute();
  return rows.map(({ record }) => {
    const read = reservationRecord.parse(record);
    return { record: read, hun: read.hun, evseId: read.evseId };
  });
};
