import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Flash } from '@roamgrid/offline';
import { privateFolder, renameDurably } from '@roamgrid/service-kit/runtime';

const OWNER_ALONE = 0o600;

const writeSynced = (path: string, flags: 'w' | 'a', bytes: Uint8Array): void => {
  const file = openSync(path, flags, OWNER_ALONE);
  const { size } = fstatSync(file);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } catch (thrown) {
    // A disk that is full took a part: what is written later must not stand behind it.
    ftruncateSync(file, size);
    throw thrown;
  } finally {
    closeSync(file);
  }
};

/** What a charger keeps, in one file: it is there for good when it is said to be written, and replaced whole. */
export const fileFlash = (path: string): Flash => {
  privateFolder(dirname(path));
  const load = (): Uint8Array => (existsSync(path) ? readFileSync(path) : new Uint8Array());
  const replace = (bytes: Uint8Array): void => {
    writeSynced(`${path}.new`, 'w', bytes);
    renameDurably(`${path}.new`, path);
  };
  const append = (bytes: Uint8Array): void => {
    // The first bytes make the file, whose name has to last as well.
    if (existsSync(path)) writeSynced(path, 'a', bytes);
    else replace(bytes);
  };
  const done = (write: () => void): Promise<void> =>
    new Promise((resolve) => {
      write();
      resolve();
    });
  return {
    load: () => Promise.resolve(new Uint8Array(load())),
    append: (bytes) => done(() => append(bytes)),
    replace: (bytes) => done(() => replace(bytes)),
  };
};
