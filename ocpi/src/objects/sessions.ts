import { z } from 'zod';
import { owner, priceOf, profileType, tokenTypeOf } from './common.ts';
import {
  ciString,
  closedEnum,
  dateTime,
  many,
  maybe,
  number,
  quantity,
  some,
  text,
  type OcpiDoorVersion,
} from './scalars.ts';

/** Spec: OCPI 2.2.1 mod_cdrs CdrToken. */
export const cdrTokenOf = (version: OcpiDoorVersion) =>
  z.looseObject({
    ...owner,
    uid: ciString(36),
    type: tokenTypeOf(version),
    contract_id: ciString(36),
  });

/** Spec: OCPI 2.2.1 mod_cdrs AuthMethod. */
export const authMethod = closedEnum('AUTH_REQUEST COMMAND WHITELIST');

/** Spec: OCPI 2.2.1 mod_cdrs ChargingPeriod; which dimensions count the rating engine knows. */
export const chargingPeriod = z.looseObject({
  start_date_time: dateTime,
  dimensions: many(z.looseObject({ type: text(100), volume: quantity })),
  tariff_id: maybe(ciString(36)),
});

/** Spec: OCPI 2.2.1 and 2.3.0 mod_sessions. */
export const sessionsOf = (version: OcpiDoorVersion) => {
  const session = z.looseObject({
    ...owner,
    id: ciString(36),
    start_date_time: dateTime,
    end_date_time: maybe(dateTime),
    kwh: quantity,
    cdr_token: cdrTokenOf(version),
    auth_method: authMethod,
    authorization_reference: maybe(ciString(36)),
    location_id: ciString(36),
    evse_uid: ciString(36),
    connector_id: ciString(36),
    meter_id: maybe(text(255)),
    currency: z.string().length(3),
    charging_periods: some(chargingPeriod),
    total_cost: maybe(priceOf(version)),
    status: closedEnum('ACTIVE COMPLETED INVALID PENDING RESERVATION'),
    last_updated: dateTime,
  });
  const chargingPreferences = z.looseObject({
    profile_type: profileType,
    departure_time: maybe(dateTime),
    energy_need: maybe(number),
    discharge_allowed: maybe(z.boolean()),
  });
  return { session, chargingPreferences };
};

export type OcpiSession = z.output<ReturnType<typeof sessionsOf>['session']>;
export type ChargingPreferences = z.output<ReturnType<typeof sessionsOf>['chargingPreferences']>;
/** Spec: OCPI 2.2.1 mod_sessions ChargingPreferencesResponse. */
export type ChargingPreferencesResponse =
  'ACCEPTED' | 'DEPARTURE_REQUIRED' | 'ENERGY_NEED_REQUIRED' | 'NOT_POSSIBLE' | 'PROFILE_TYPE_NOT_SUPPORTED';
