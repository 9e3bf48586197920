import { databaseServer } from '@roamgrid/service-kit/testing';
import type { AaaNodeConfig } from '../index.ts';

const server = databaseServer();
after(server.end);
let databases = 0;

/** An empty database on a server that all of a run share: whoever ends the server makes one of its own. */
export const freshDatabase = async (): Promise<AaaNodeConfig['database']> => {
  databases += 1;
  const name = `usalp${databases}`;
  return { stateDir: await server.stateDir(), name };
};
