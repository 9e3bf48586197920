import { openStore } from '@roamgrid/service-kit';
import type { Kysely } from 'kysely';
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
