import { startDatabase } from '@roamgrid/service-kit';
import type { Part } from '@roamgrid/utility';

/** The shipped PostgreSQL of a system's folder as a part. Its address is the same after each start. */
export function databasePart(stateDir: string): { readonly part: Part; readonly url: () => string } {
  let known: string | undefined;
  return {
    part: {
      name: 'postgres',
      start: async () => {
        const { url, pid, ended, stop } = await startDatabase(stateDir);
        if (known !== undefined && url !== known) {
          await stop();
          throw new Error('the port of PostgreSQL is used by another program: end it');
        }
        known = url;
        return { pids: [pid], ended, stop };
      },
    },
    url: () => {
      if (known === undefined) throw new Error('the database was not started');
      return known;
    },
  };
}
