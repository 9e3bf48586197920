import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ImageSlot } from '@roamgrid/offline';
import { privateFolder } from '@roamgrid/service-kit/runtime';

const OWNER_ALONE = 0o600;
/** Memory that was never written. */
const ERASED = 0xff;

const inFile = <T>(path: string, use: (file: number) => T): T => {
  // Made when it is missing, never shortened.
  closeSync(openSync(path, 'a', OWNER_ALONE));
  const file = openSync(path, 'r+', OWNER_ALONE);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
};

/** A place that firmware runs from, in a file: what is said to be written is there. */
export const fileSlot = (path: string, sizeBytes: number): ImageSlot => {
  privateFolder(dirname(path));
  return {
    sizeBytes,
    write: (at, bytes) =>
      new Promise((resolve) => {
        if (at + bytes.length > sizeBytes) throw new RangeError(`a slot has ${sizeBytes} bytes`);
        inFile(path, (file) => {
          writeSync(file, bytes, 0, bytes.length, at);
          fsyncSync(file);
        });
        resolve();
      }),
    read: (at, length) =>
      Promise.resolve(
        inFile(path, (file) => {
          const bytes = new Uint8Array(length).fill(ERASED);
          readSync(file, bytes, 0, length, at);
          return bytes;
        }),
      ),
  };
};
