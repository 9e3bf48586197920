import type { KeptProfile } from './profiles.ts';

interface ToldSchedule {
  readonly startSchedule?: string;
  readonly duration?: number;
  readonly chargingRateUnit: string;
  readonly chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit: number }[];
}

/** Fields that both versions have; the id and the schedule are called differently. */
export interface ToldProfile {
  readonly chargingProfileId?: number;
  readonly id?: number;
  readonly stackLevel: number;
  readonly chargingProfilePurpose: string;
  readonly chargingProfileKind: string;
  readonly recurrencyKind?: string;
  readonly transactionId?: string | number;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly chargingSchedule: ToldSchedule | readonly ToldSchedule[];
}

const TENTHS = 10;
const instant = <Name extends string>(name: Name, text: string | undefined) =>
  (text === undefined ? {} : { [name]: Date.parse(text) }) as { readonly [key in Name]?: number };

/** A profile as it is kept; undefined when it has no schedule. */
export const readProfile = (evse: number, told: ToldProfile): KeptProfile | undefined => {
  const [schedule] = [told.chargingSchedule].flat();
  const id = told.chargingProfileId ?? told.id;
  if (schedule === undefined || id === undefined) return undefined;
  return {
    ...{ id, evse, stackLevel: told.stackLevel },
    purpose: told.chargingProfilePurpose,
    kind: told.chargingProfileKind,
    ...(told.recurrencyKind === undefined ? {} : { recurrency: told.recurrencyKind }),
    ...(told.transactionId === undefined ? {} : { transactionId: String(told.transactionId) }),
    ...instant('validFromMs', told.validFrom),
    ...instant('validToMs', told.validTo),
    unit: schedule.chargingRateUnit,
    ...instant('startMs', schedule.startSchedule),
    ...(schedule.duration === undefined ? {} : { durationS: schedule.duration }),
    periods: schedule.chargingSchedulePeriod.map(({ startPeriod, limit }) => ({
      startS: startPeriod,
      limitTenths: Math.round(limit * TENTHS),
    })),
  };
};
