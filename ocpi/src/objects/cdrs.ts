import { parseCdr } from '@roamgrid/domain';
import { z } from 'zod';
import { geoLocation, owner, priceOf } from './common.ts';
import { connectorWordsOf } from './locations.ts';
import { authMethod, cdrTokenOf, chargingPeriod } from './sessions.ts';
import { addProblems, tariffsOf } from './tariffs.ts';
import {
  ciString,
  dateTime,
  int,
  many,
  maybe,
  number,
  quantity,
  some,
  text,
  type OcpiDoorVersion,
} from './scalars.ts';

/** Spec: OCPI 2.2.1 mod_cdrs SignedData. */
const signedData = z.looseObject({
  encoding_method: ciString(36),
  encoding_method_version: maybe(int),
  public_key: maybe(text(512)),
  signed_values: many(
    z.looseObject({ nature: ciString(32), plain_data: text(5_000), signed_data: text(5_000) }),
  ),
  url: maybe(text(512)),
});

/** Spec: OCPI 2.2.1 and 2.3.0 mod_cdrs; what its price comes from is read by the rating engine's own reader. */
export const cdrsOf = (version: OcpiDoorVersion) => {
  const price = maybe(priceOf(version));
  const words = connectorWordsOf(version);
  const cdrLocation = z.looseObject({
    id: ciString(36),
    name: maybe(text(255)),
    address: text(version === '2.2.1' ? 45 : 255),
    city: text(45),
    postal_code: maybe(text(10)),
    state: maybe(text(45)),
    country: z.string().length(3),
    coordinates: geoLocation,
    evse_uid: ciString(36),
    evse_id: ciString(48),
    connector_id: ciString(36),
    connector_standard: words.standard,
    connector_format: words.format,
    connector_power_type: words.powerType,
  });
  const cdr = z
    .looseObject({
      ...owner,
      id: ciString(39),
      start_date_time: dateTime,
      end_date_time: dateTime,
      session_id: maybe(ciString(36)),
      cdr_token: cdrTokenOf(version),
      auth_method: authMethod,
      authorization_reference: maybe(ciString(36)),
      cdr_location: cdrLocation,
      meter_id: maybe(text(255)),
      currency: z.string().length(3),
      tariffs: some(tariffsOf(version).tariff),
      charging_periods: many(chargingPeriod),
      signed_data: maybe(signedData),
      total_cost: priceOf(version),
      total_fixed_cost: price,
      total_energy: quantity,
      total_energy_cost: price,
      total_time: number,
      total_time_cost: price,
      total_parking_time: maybe(number),
      total_parking_cost: price,
      total_reservation_cost: price,
      remark: maybe(text(255)),
      invoice_reference_id: maybe(ciString(39)),
      credit: maybe(z.boolean()),
      credit_reference_id: maybe(ciString(39)),
      home_charging_compensation: maybe(z.boolean()),
      last_updated: dateTime,
    })
    .superRefine((value, context) => {
      const parsed = parseCdr(value, false);
      if (!parsed.ok) addProblems(context, parsed.error);
      if (value.credit !== true && value.id.length > 36) {
        context.addIssue({ code: 'custom', message: 'at most 36, but for credits', path: ['id'] });
      }
      // Spec: OCPI 2.2.1 mod_cdrs §Credit CDRs: a credit names the CDR that it takes back.
      if (value.credit === true && (value.credit_reference_id ?? undefined) === undefined) {
        context.addIssue({
          code: 'custom',
          message: 'a credit CDR names the CDR it is for',
          path: ['credit_reference_id'],
        });
      }
    });
  return { cdr };
};

export type OcpiCdr = z.output<ReturnType<typeof cdrsOf>['cdr']>;
