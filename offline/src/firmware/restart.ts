import type { OfflineChargerOptions } from '../charger/charger-options.ts';

/** Starts a charger anew with a later version when nobody charges and no cable is held. */
export const restartIfDue = async (
  firmware: OfflineChargerOptions['firmware'],
  nowS: number | undefined,
  isIdle: boolean,
): Promise<void> => {
  if (firmware === undefined || nowS === undefined) return;
  if (await firmware.update.isDue({ nowS, isIdle, isOffHours: firmware.isOffHours(nowS) }))
    firmware.restart();
};
