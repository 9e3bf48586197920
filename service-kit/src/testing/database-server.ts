import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeDatabase, startDatabase, type DatabaseProcess } from '../sql/embedded.ts';

/** A database server for all test files of a run, which keep apart by names of databases: to make one takes seconds. */
export interface DatabaseServer {
  /** Its folder; the first to ask starts it. */
  readonly stateDir: () => Promise<string>;
  /** Ends it, if it was started, and removes its data: `after(server.end)` beside the declaration, so that it follows all tests. */
  readonly end: () => Promise<void>;
}

export const databaseServer = (): DatabaseServer => {
  let started: Promise<{ readonly stateDir: string; readonly server: DatabaseProcess }> | undefined;
  const start = async () => {
    const stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-databases-'));
    return { stateDir, server: await startDatabase(stateDir) };
  };
  return {
    stateDir: async () => (await (started ??= start())).stateDir,
    end: async () => {
      if (started === undefined) return;
      const { stateDir, server } = await started;
      await server.stop();
      await removeDatabase(stateDir);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
};
