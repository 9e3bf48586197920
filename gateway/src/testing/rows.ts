import { openStore } from '@roamgrid/service-kit';
import type { Kysely } from 'kysely';
import { writeAllocations } from '../read-model/allocation-rows.ts';
import { writeBookings } from '../read-model/booking-rows.ts';
import { collectChanges } from '../read-model/collect.ts';
import { writeHouses } from '../read-model/house-rows.ts';
import { migrations } from '../store/migrations.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { GatewayRig } from './gateway-rig.ts';

/** A gateway's rows, looked at, or set as a crash would have left them. */
export const withRows = async <T>(
  rig: GatewayRig,
  database: string,
  look: (db: Kysely<GatewayDb>) => Promise<T>,
): Promise<T> => {
  const store = await openStore<GatewayDb>({
    stateDir: rig.ledger.stateDir,
    database,
    schema: 'gateway',
    migrations,
    connections: 1,
  });
  try {
    return await look(store.db);
  } finally {
    await store.close();
  }
};

/** Lets a gateway's rows read a block in which private keys are purged: years after they were written, for whoever cannot wait. */
export const readPurge = (rig: GatewayRig, database: string, keys: readonly string[]): Promise<void> =>
  withRows(rig, database, async (db) => {
    const said = { transactionId: 'purge', index: 0, valid: true, validationCode: 'VALID', atMs: 0 };
    const changes = collectChanges({
      ...{ number: 0n, hash: '', previousHash: '', entry: '' },
      transactions: [
        {
          ...said,
          creatorMspId: '',
          writes: [],
          privateWrites: keys.map((key) => ({ key, value: undefined })),
        },
      ],
    });
    await db.transaction().execute(async (trx) => {
      await writeBookings(trx, changes);
      await writeAllocations(trx, changes);
      await writeHouses(trx, changes);
    });
  });
