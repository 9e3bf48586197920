import { z } from 'zod';
import { closedEnum, dateTime, int, maybe, number, some, url } from './scalars.ts';

const period = z.looseObject({ start_period: int, limit: number });

/** Spec: OCPI 2.2.1 mod_charging_profiles ChargingProfile. */
export const chargingProfile = z.looseObject({
  start_date_time: maybe(dateTime),
  duration: maybe(int),
  charging_rate_unit: closedEnum('W A'),
  min_charging_rate: maybe(number),
  charging_profile_period: some(period),
});
export type ChargingProfile = z.output<typeof chargingProfile>;

export const activeChargingProfile = z.looseObject({
  start_date_time: dateTime,
  charging_profile: chargingProfile,
});
export type ActiveChargingProfile = z.output<typeof activeChargingProfile>;

export const setChargingProfile = z.looseObject({ charging_profile: chargingProfile, response_url: url });

export const chargingProfileResponse = z.looseObject({
  result: z.enum(['ACCEPTED', 'NOT_SUPPORTED', 'REJECTED', 'TOO_OFTEN', 'UNKNOWN_SESSION']),
  timeout: int,
});
export type ChargingProfileResponse = z.output<typeof chargingProfileResponse>;

/** Of a set, a clear, or a question for the active profile, which then is in it. */
export const chargingProfileResult = z.looseObject({
  result: z.enum(['ACCEPTED', 'REJECTED', 'UNKNOWN']),
  profile: maybe(activeChargingProfile),
});
export type ChargingProfileResult = z.output<typeof chargingProfileResult>;
