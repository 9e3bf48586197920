import type { ChargingProfile } from '../commands/profile.ts';
import { instantText } from '../edge/instant.ts';

export const PURPOSES = {
  'station-max': 'ChargingStationMaxProfile',
  'transaction-default': 'TxDefaultProfile',
  transaction: 'TxProfile',
} as const satisfies Readonly<Record<ChargingProfile['purpose'], string>>;

const KINDS = {
  absolute: { chargingProfileKind: 'Absolute' },
  daily: { chargingProfileKind: 'Recurring', recurrencyKind: 'Daily' },
  weekly: { chargingProfileKind: 'Recurring', recurrencyKind: 'Weekly' },
  relative: { chargingProfileKind: 'Relative' },
} as const satisfies Readonly<Record<ChargingProfile['kind'], object>>;

const TENTHS = 10;

/** Spec: OCPP 2.0.1 part 2, ChargingProfileType. One schedule: its id is the profile’s. */
export const profileOf = (profile: ChargingProfile): object => ({
  id: profile.profileId,
  stackLevel: profile.stackLevel,
  chargingProfilePurpose: PURPOSES[profile.purpose],
  ...KINDS[profile.kind],
  ...(profile.validFromMs === undefined ? {} : { validFrom: instantText(profile.validFromMs) }),
  ...(profile.validToMs === undefined ? {} : { validTo: instantText(profile.validToMs) }),
  ...(profile.transactionId === undefined ? {} : { transactionId: profile.transactionId }),
  chargingSchedule: [
    {
      id: profile.profileId,
      ...(profile.startMs === undefined ? {} : { startSchedule: instantText(profile.startMs) }),
      ...(profile.durationS === undefined ? {} : { duration: profile.durationS }),
      chargingRateUnit: profile.unit,
      ...(profile.minTenths === undefined ? {} : { minChargingRate: profile.minTenths / TENTHS }),
      chargingSchedulePeriod: profile.periods.map(({ startS, limitTenths, phases }) => ({
        startPeriod: startS,
        limit: limitTenths / TENTHS,
        ...(phases === undefined ? {} : { numberPhases: phases }),
      })),
    },
  ],
});
