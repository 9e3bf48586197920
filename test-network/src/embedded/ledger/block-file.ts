/**
 * Append-only file of blocks: after an 8-byte magic, records of length, CRC-32 and payload. A record cut short by a
 * crash is dropped when the file is opened; damage anywhere else is an error, never repaired silently.
 */
import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  fsyncSync,
  openSync,
  readSync,
  write,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from('RGBLOCK1', 'latin1');
const HEADER_BYTES = 8;
const fdatasyncAsync = promisify(fdatasync);
const writeAsync = promisify(write);

export interface RecordPosition {
  readonly offset: number;
  /** Bytes of the payload. */
  readonly length: number;
}

export class BlockFileError extends Error {
  override readonly name = 'BlockFileError';
}

export class BlockFile {
  readonly #fd: number;
  readonly #path: string;
  #end: number;

  private constructor(path: string, fd: number, end: number) {
    this.#path = path;
    this.#fd = fd;
    this.#end = end;
  }

  /** Opens or (in mode `a+`) makes the file. `scan` then has to be called before the first append. */
  static open(path: string, mode: 'a+' | 'r' = 'a+'): BlockFile {
    const fd = openSync(path, mode, 0o644);
    const { size } = fstatSync(fd);
    if (size < MAGIC.length && mode === 'a+') {
      ftruncateSync(fd, 0);
      writeSync(fd, MAGIC);
      fsyncSync(fd);
      syncDirectory(dirname(path));
    } else {
      const magic = Buffer.alloc(MAGIC.length);
      readSync(fd, magic, 0, magic.length, 0);
      if (!magic.equals(MAGIC)) throw new BlockFileError(`${path} is not a block file`);
    }
    return new BlockFile(path, fd, Math.max(size, MAGIC.length));
  }

  /** Where the first record starts. */
  static readonly start = MAGIC.length;

  get end(): number {
    return this.#end;
  }

  /** Visits the records from `offset` on and truncates a torn last one when `repair` is set. */
  *scan(offset: number, repair: boolean): Generator<RecordPosition & { payload: Buffer }> {
    const { size } = fstatSync(this.#fd);
    let at = offset;
    while (at < size) {
      const record = this.#tryRead(at, size);
      if (record === undefined) {
        if (!repair) throw new BlockFileError(`${this.#path} ends with a record cut short at byte ${at}`);
        ftruncateSync(this.#fd, at);
        fsyncSync(this.#fd);
        break;
      }
      yield record;
      at = record.offset + HEADER_BYTES + record.length;
    }
    this.#end = at;
  }

  /** The record at `at`; undefined when it was cut short. Throws when it is whole but damaged. */
  #tryRead(at: number, size: number): (RecordPosition & { payload: Buffer }) | undefined {
    if (at + HEADER_BYTES > size) return undefined;
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(this.#fd, header, 0, HEADER_BYTES, at);
    const length = header.readUInt32BE(0);
    const end = at + HEADER_BYTES + length;
    if (end > size) return undefined;
    const payload = Buffer.alloc(length);
    readSync(this.#fd, payload, 0, length, at + HEADER_BYTES);
    if (length > 0 && crc32(payload) === header.readUInt32BE(4)) return { offset: at, length, payload };
    if (end === size || this.#isZero(at, size)) return undefined;
    throw new BlockFileError(
      `${this.#path} is damaged at byte ${at}: the checksum of a block does not match`,
    );
  }

  /** A crash of the machine can leave a tail of zeros that was never written. */
  #isZero(from: number, size: number): boolean {
    const tail = Buffer.alloc(size - from);
    readSync(this.#fd, tail, 0, tail.length, from);
    return tail.every((byte) => byte === 0);
  }

  /** Appends a record and returns when it is on disk. One append at a time. */
  async append(payload: Uint8Array): Promise<RecordPosition> {
    const record = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
    record.writeUInt32BE(payload.length, 0);
    record.writeUInt32BE(crc32(payload), 4);
    record.set(payload, HEADER_BYTES);
    const offset = this.#end;
    let written = 0;
    while (written < record.length) {
      const { bytesWritten } = await writeAsync(this.#fd, record, written, record.length - written, null);
      written += bytesWritten;
    }
    await fdatasyncAsync(this.#fd);
    this.#end = offset + record.length;
    return { offset, length: payload.length };
  }

  read({ offset, length }: RecordPosition): Buffer {
    const record = Buffer.alloc(HEADER_BYTES + length);
    const bytes = readSync(this.#fd, record, 0, record.length, offset);
    const payload = record.subarray(HEADER_BYTES);
    if (bytes !== record.length || crc32(payload) !== record.readUInt32BE(4)) {
      throw new BlockFileError(`${this.#path} is damaged at byte ${offset}`);
    }
    return payload;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
