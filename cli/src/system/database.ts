import { startDatabase, type DatabaseProcess } from '@roamgrid/service-kit';
import type { Part } from '@roamgrid/utility';

/** Address of the shipped PostgreSQL for one service of a utility, as a role that sees nothing of the others. */
export type ServiceUrl = DatabaseProcess['urlFor'];

/** The shipped PostgreSQL of a system's folder as a part. Its address is the same after each start. */
export function databasePart(stateDir: string): { readonly part: Part; readonly urlFor: ServiceUrl } {
  let known: DatabaseProcess | undefined;
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
    urlFor: async (place) => {
      if (known === undefined) throw new Error('the database was not started');
      return known.urlFor(place);
    },
  };
}
