import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '@roamgrid/wire';
import type { DriverPrice } from '../../model/driver-price.ts';
import type { DriverText } from '../../model/station-desk.ts';
import type { Abilities } from '../abilities.ts';
import { messageContent } from '../texts.ts';
import { checkAbility } from './ability.ts';
import { UnsayableTariff, type TariffType, type Unsayable } from './tariff-type.ts';
import { writeTariff } from './write-tariff.ts';

/** Tariffs of other content have other ids, and of the same content the same. Spec: OCPP 2.1 part 2, I08. */
export const withId = (content: Omit<TariffType, 'tariffId'>): TariffType => {
  const text = canonicalJson(JSON.parse(JSON.stringify(content)) as JsonValue);
  return { tariffId: createHash('sha256').update(text).digest('base64url'), ...content };
};

/** What a station is told of a driver's price, or why it is told by the text alone. */
export const driverTariff = (
  price: DriverPrice,
  texts: readonly DriverText[],
  abilities: Abilities,
): TariffType | Unsayable => {
  try {
    const content = writeTariff(price);
    checkAbility(content, price, abilities);
    return withId({ ...content, ...(texts.length > 0 && { description: texts.map(messageContent) }) });
  } catch (thrown) {
    if (thrown instanceof UnsayableTariff) return thrown.code;
    throw thrown;
  }
};
