import { resolveZone } from '@roamgrid/domain';
import type { DriverPrice } from '../../model/driver-price.ts';
import type { Abilities } from '../abilities.ts';
import { asksForLocalTime } from './conditions.ts';
import { UnsayableTariff, type Conditions, type TariffContent } from './tariff-type.ts';

/** From these on a transaction is one of a driver who was authorised. Spec: OCPP 2.1 part 2, TxStartPointEnumType. */
const AFTER_DRIVER = new Set(['Authorized', 'PowerPathClosed', 'EnergyTransfer']);

/** An offer states the offsets of so long: twice the longest stay that is planned, and a little more. */
const STATED_MS = 100 * 3_600_000;

/** Whether two clocks on the wall show the same, for as long as the offer states its own. */
const isSameTime = (zone: string | undefined, zoneOffsets: DriverPrice['zoneOffsets']): boolean => {
  const [first] = zoneOffsets;
  if (zone === undefined || first === undefined) return false;
  const own = resolveZone(zone, first.fromMs, first.fromMs + STATED_MS);
  if (!own.ok) return false;
  const text = (offsets: DriverPrice['zoneOffsets']) =>
    offsets.map(({ fromMs, offsetMinutes }) => `${fromMs} ${offsetMinutes}`).join();
  return text(own.value) === text(zoneOffsets);
};

const pricesOf = ({ energy, chargingTime, idleTime, fixedFee }: TariffContent) =>
  [energy, chargingTime, idleTime, fixedFee].flatMap((field) => (field === undefined ? [] : [field.prices]));

const asksForTime = ({ minTime, maxTime }: Conditions): boolean =>
  minTime !== undefined || maxTime !== undefined;

/**
 * Checks that a station can go by a tariff, and comes to the driver's price when it does. What a station does that cannot is its
 * own choice, and may be to let nobody charge, so that it is not sent.
 * @throws UnsayableTariff
 */
export const checkAbility = (
  content: TariffContent,
  { zoneOffsets }: Pick<DriverPrice, 'zoneOffsets'>,
  { currency, takesConditions, mostElements, timeZone, startPoints }: Abilities,
): void => {
  if (currency !== undefined && currency !== content.currency) throw new UnsayableTariff('CURRENCY');
  const prices = pricesOf(content);
  if (mostElements !== undefined && prices.some((field) => field.length > mostElements))
    throw new UnsayableTariff('ELEMENTS');
  const conditions = prices.flatMap((field) => field.flatMap((price) => price.conditions ?? []));
  if (conditions.length > 0 && !takesConditions) throw new UnsayableTariff('CONDITIONS');
  if (conditions.some(asksForLocalTime) && !isSameTime(timeZone, zoneOffsets))
    throw new UnsayableTariff('LOCAL_TIME');
  const isByTime =
    content.chargingTime !== undefined || content.idleTime !== undefined || conditions.some(asksForTime);
  const isFromDriver = startPoints.length > 0 && startPoints.every((point) => AFTER_DRIVER.has(point));
  if (isByTime && !isFromDriver) throw new UnsayableTariff('TIME');
};
