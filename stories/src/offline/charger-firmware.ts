import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FirmwareUpdate, type OfflineChargerOptions } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { fileFlash, fileSlot } from '@roamgrid/station';
import { bytesOf, type ChargerOrder, type FirmwareSight } from './charger-order.ts';

/** The firmware of a charger in a process of its own: two slots in files, and a version on trial that passes once the charger runs. */

const [HOUR_S, DAY_S, QUIET_UNTIL_HOUR] = [3_600, 86_400, 5];

/** Starts anew at night alone, UTC. */
const isOffHours = (nowS: number): boolean => (nowS % DAY_S) / HOUR_S < QUIET_UNTIL_HOUR;

export const openFirmware = async ({
  folder,
  firmware,
}: Pick<ChargerOrder, 'folder' | 'firmware'>): Promise<
  | {
      readonly options: NonNullable<OfflineChargerOptions['firmware']>;
      passed(): Promise<void>;
      look(): Promise<FirmwareSight>;
    }
  | undefined
> => {
  if (firmware === undefined) return undefined;
  const { model, version, keys, imageBytes } = firmware;
  const at = (name: string): string => join(folder, 'firmware', name);
  const slots = [fileSlot(at('slot-0'), imageBytes), fileSlot(at('slot-1'), imageBytes)] as const;
  const update = await FirmwareUpdate.start({
    ...{ suite: NODE_SUITE, model, madeWith: { version, keys: bytesOf(keys) }, slots },
    flash: { memory: fileFlash(at('memory')), received: fileFlash(at('received')) },
    newHasher: () => createHash('sha256'),
  });
  let isRestarting = false;
  const restart = (): void => {
    isRestarting = true;
  };
  return {
    options: { update, isOffHours, restart },
    passed: () => update.pass(),
    look: async () => ({
      ...{ slot: update.runs, version: update.standing.installedVersion, isRestarting },
      sha256: createHash('sha256')
        .update(await slots[update.runs].read(0, imageBytes))
        .digest('hex'),
    }),
  };
};
