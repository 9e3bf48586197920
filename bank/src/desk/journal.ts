import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Lines that survive a power cut: each with its own hash, on the disk before `append` returns. A last line that was torn is
 * cut off when it is read again; a line in the middle that is not what was written is damage, and refused.
 */
export class Journal<T> {
  readonly #file: number;
  readonly #encode: (value: T) => string;

  private constructor(file: number, encode: (value: T) => string) {
    this.#file = file;
    this.#encode = encode;
  }

  static open<T>(
    path: string,
    encode: (value: T) => string,
    decode: (text: string) => T,
  ): { readonly journal: Journal<T>; readonly values: readonly T[] } {
    const file = openSync(path, 'a+', 0o600);
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
    const content = readFileSync(path);
    const end = content.lastIndexOf(0x0a) + 1;
    const lines = content.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
    const values = lines.map((line, at) => {
      const text = line.slice(65);
      if (hashOf(text) !== line.slice(0, 64))
        throw new Error(`JOURNAL_DAMAGED: line ${at + 1} of ${path} is not what was written`);
      return decode(text);
    });
    if (end < content.length) {
      ftruncateSync(file, end);
      fsyncSync(file);
    }
    return { journal: new Journal(file, encode), values };
  }

  append(value: T): void {
    const text = this.#encode(value);
    const line = Buffer.from(`${hashOf(text)} ${text}\n`);
    const before = fstatSync(this.#file).size;
    try {
      let at = 0;
      while (at < line.length) at += writeSync(this.#file, line, at);
      fsyncSync(this.#file);
    } catch (thrown) {
      // A full disk takes a part of a line; what comes after it must not stand behind that part.
      ftruncateSync(this.#file, before);
      throw thrown;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON with big integers, which the facts are full of. */
export const factText = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'bigint' ? { $int: each.toString() } : each,
  );

export const factOf = (text: string): unknown =>
  JSON.parse(text, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && '$int' in each && typeof each.$int === 'string'
      ? BigInt(each.$int)
      : each,
  );
