import { startDatabase, type DatabaseProcess } from '@roamgrid/service-kit';
import type { Part } from '@roamgrid/utility';
import type { Between } from './between.ts';

/** Address of the shipped PostgreSQL for one service of a utility, as a role that sees nothing of the others. */
export type ServiceUrl = DatabaseProcess['urlFor'];

export interface DatabasePart {
  readonly part: Part;
  readonly port: () => number;
  readonly urlFor: ServiceUrl;
}

/** The shipped PostgreSQL of a system's folder as a part. Its address is the same after each start. */
export function databasePart(stateDir: string): DatabasePart {
  let known: DatabaseProcess | undefined;
  const running = (): DatabaseProcess => {
    if (known === undefined) throw new Error('the database was not started');
    return known;
  };
  return {
    part: {
      name: 'postgres',
      start: async () => {
        const started = await startDatabase(stateDir);
        const { pid, ended, stop } = started;
        if (known !== undefined && started.port !== known.port) {
          await stop();
          throw new Error('the port of PostgreSQL is used by another program: end it');
        }
        known = started;
        return { pids: [pid], ended, stop };
      },
    },
    port: () => running().port,
    urlFor: async (place) => running().urlFor(place),
  };
}

/** The addresses under which services reach the database, with what stands between. */
export async function urlsBetween(database: DatabasePart, between: Between): Promise<ServiceUrl> {
  const port = await between.port('postgres', database.port());
  return async (place) => {
    const url = new URL(await database.urlFor(place));
    url.port = port.toString();
    return url.href;
  };
}
