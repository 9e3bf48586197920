import { Place } from '../place/place.ts';
import type { Kept, OfflineChargerOptions } from './charger-options.ts';
import type { ChargerMemory } from './memory.ts';
import { QuarterReadings } from './quarter-readings.ts';
import { SpentTokens } from './spent-tokens.ts';
import { Vault } from './vault.ts';

const CAPACITY = 200;

/** Reads what a charger kept; what its meter shows by now is read as well. @throws when the chip spoiled what it cannot do without */
export const openKept = async (options: OfflineChargerOptions, memory: ChargerMemory): Promise<Kept> => {
  const { flash, suite, operator, groupIds, identity, clock, outlet, capacity = CAPACITY } = options;
  return {
    spent: await SpentTokens.open(flash.spent),
    vault: await Vault.open(flash.vault, capacity),
    readings: await QuarterReadings.open(flash.readings, {
      nowS: () => clock.nowS(),
      registerMilliWh: () => outlet.sensors().registerMilliWh,
    }),
    place: await Place.open({ evseId: identity.evseId, groupIds, operator, suite }, memory),
  };
};
