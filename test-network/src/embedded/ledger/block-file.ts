/**
 * Append-only file of blocks: after an 8-byte magic, records of a header and a payload. The header holds the payload's length
 * and CRC-32, and a CRC-32 over both and the record's own place in the file. So a length is trusted only when its header is
 * whole: a record cut short by a crash is told from damage, and damage is an error, never repaired silently.
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

const MAGIC = Buffer.from('RGBLOCK2', 'latin1');
const HEADER_BYTES = 12;
/** Of the header, what its own checksum covers. */
const COVERED_BYTES = 8;
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

/** What to do is the same for whatever happened to the file: it has no second copy here. */
const WHAT_TO_DO =
  'Nothing was changed. Put a copy of the whole state folder in its place, or start with another folder';

function headerChecksum(header: Buffer, offset: number): number {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(offset));
  return crc32(place, crc32(header.subarray(0, COVERED_BYTES)));
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
    const fd = openSync(path, mode, 0o600);
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

  /**
   * Visits the records from `offset` on. A last one that was cut short is left where it is: `dropTorn` takes it away, once
   * its caller knows that nothing else counts on it.
   */
  *scan(offset: number): Generator<RecordPosition & { payload: Buffer }> {
    const { size } = fstatSync(this.#fd);
    let at = offset;
    for (;;) {
      this.#end = at;
      if (at >= size) return;
      const record = this.#tryRead(at, size);
      if (record === undefined) return;
      yield record;
      at = record.offset + HEADER_BYTES + record.length;
    }
  }

  /** True when bytes of a record that was cut short follow the last whole one, once the file was scanned. */
  get isTorn(): boolean {
    return fstatSync(this.#fd).size > this.#end;
  }

  /** Takes away what follows the last whole record, once the file was scanned. */
  dropTorn(): void {
    if (!this.isTorn) return;
    ftruncateSync(this.#fd, this.#end);
    fsyncSync(this.#fd);
  }

  /** The record at `at`; undefined when it was cut short, which only the last one can be. Throws when it is damaged. */
  #tryRead(at: number, size: number): (RecordPosition & { payload: Buffer }) | undefined {
    if (at + HEADER_BYTES > size) return undefined;
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(this.#fd, header, 0, HEADER_BYTES, at);
    if (headerChecksum(header, at) !== header.readUInt32BE(COVERED_BYTES)) {
      if (this.#isZero(at, size)) return undefined;
      throw this.#damaged(at);
    }
    const length = header.readUInt32BE(0);
    const end = at + HEADER_BYTES + length;
    if (end > size) return undefined;
    const payload = Buffer.alloc(length);
    readSync(this.#fd, payload, 0, length, at + HEADER_BYTES);
    if (crc32(payload) === header.readUInt32BE(4)) return { offset: at, length, payload };
    if (end === size || this.#isZero(end, size)) return undefined;
    throw this.#damaged(at);
  }

  #damaged(at: number): BlockFileError {
    return new BlockFileError(
      `BLOCKS_DAMAGED: ${this.#path} is damaged at byte ${at}: a checksum does not match. ${WHAT_TO_DO}`,
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
    const offset = this.#end;
    record.writeUInt32BE(headerChecksum(record, offset), COVERED_BYTES);
    record.set(payload, HEADER_BYTES);
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
    const isHeaderWhole = headerChecksum(record, offset) === record.readUInt32BE(COVERED_BYTES);
    if (bytes !== record.length || !isHeaderWhole || crc32(payload) !== record.readUInt32BE(4)) {
      throw this.#damaged(offset);
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
