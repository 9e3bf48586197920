import { z } from 'zod';
import { ciString, closedEnum, maybe, number, some, text, type OcpiDoorVersion } from './scalars.ts';

/** Spec: OCPI 2.2.1 types §9 DisplayText. */
export const displayText = z.looseObject({ language: text(2), text: text(512) });

const priceOf221 = z.looseObject({ excl_vat: number, incl_vat: maybe(number) });
const taxAmount = z.looseObject({
  name: text(255),
  account_number: maybe(text(255)),
  percentage: maybe(number),
  amount: number,
});
const priceOf230 = z.looseObject({ before_taxes: number, taxes: some(taxAmount) });

/** Spec: OCPI 2.2.1 types §14 Price; 2.3.0 types Price. */
export const priceOf = (version: OcpiDoorVersion) => (version === '2.2.1' ? priceOf221 : priceOf230);
export type Price = z.output<typeof priceOf221> | z.output<typeof priceOf230>;

/** Spec: OCPI 2.3.0 mod_tariffs PriceLimit; a Price in 2.2.1. */
export const priceLimitOf = (version: OcpiDoorVersion) =>
  version === '2.2.1' ? priceOf221 : z.looseObject({ before_taxes: number, after_taxes: maybe(number) });

/** Of every object that a party owns. */
export const owner = { country_code: ciString(2), party_id: ciString(3) };

/** Spec: OCPI 2.2.1 types §16 Role; 2.3.0 has no role of its own for hubs. */
export const role = closedEnum('CPO EMSP HUB NAP NSP OTHER SCSP PTP');

/** Spec: OCPI 2.2.1 mod_sessions ProfileType. */
export const profileType = closedEnum('CHEAP FAST GREEN REGULAR');

/** Spec: OCPI 2.2.1 mod_tokens TokenType. */
export const tokenTypeOf = (version: OcpiDoorVersion): z.ZodType<string> =>
  version === '2.2.1' ? closedEnum('AD_HOC_USER APP_USER OTHER RFID') : z.string().min(1).max(100);

/** Spec: OCPI 2.2.1 mod_locations EnergyMix. */
export const energyMix = z.looseObject({
  is_green_energy: z.boolean(),
  energy_sources: some(
    z.looseObject({
      source: closedEnum('NUCLEAR GENERAL_FOSSIL COAL GAS GENERAL_GREEN SOLAR WIND WATER'),
      percentage: number,
    }),
  ),
  environ_impact: some(z.looseObject({ category: text(100), amount: number })),
  supplier_name: maybe(text(64)),
  energy_product_name: maybe(text(64)),
});

/** Spec: OCPI 2.2.1 mod_locations GeoLocation. */
export const geoLocation = z.looseObject({
  latitude: z.string().regex(/^-?\d{1,2}\.\d{5,7}$/, 'a latitude like 50.77063 is needed'),
  longitude: z.string().regex(/^-?\d{1,3}\.\d{5,7}$/, 'a longitude like -126.10495 is needed'),
});

/** Spec: OCPI 2.2.1 mod_locations Image. */
export const imageOf = (version: OcpiDoorVersion) =>
  z.looseObject({
    url: z.url().max(255),
    thumbnail: maybe(z.url().max(255)),
    category:
      version === '2.2.1' ? closedEnum('CHARGER ENTRANCE LOCATION NETWORK OPERATOR OTHER OWNER') : text(100),
    type: ciString(4),
    width: maybe(number),
    height: maybe(number),
  });

/** Spec: OCPI 2.2.1 mod_locations BusinessDetails. */
export const businessDetailsOf = (version: OcpiDoorVersion) =>
  z.looseObject({
    name: text(100),
    website: maybe(z.url().max(255)),
    logo: maybe(imageOf(version)),
  });
