import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, removeDatabase, type Store } from '@roamgrid/service-kit';
import { controllerMigrations, type ControllerDb } from '../store/tables.ts';

/** A store of a controller in a folder of its own; `remove` takes both away. */
export const ownStore = async (): Promise<{
  readonly store: Store<ControllerDb>;
  remove(): Promise<void>;
}> => {
  const folder = mkdtempSync(join(tmpdir(), 'energy-store-'));
  const store = await openStore<ControllerDb>({
    ...{ stateDir: folder, database: 'usduk', schema: 'energy', migrations: controllerMigrations },
  });
  return {
    store,
    remove: async () => {
      await store.close();
      await removeDatabase(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
