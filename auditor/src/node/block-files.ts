import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { readBlockMessage, readPeerBlock, type StoredBlock } from '../fabric/stored-block.ts';
import { readable, Unreadable } from '../failure.ts';

/**
 * Blocks from a folder, whoever kept them: the embedded ledger's `blocks.dat`, a native peer's
 * `ledgersData/chains/chains/<channel>/blockfile_…`, or one file for each block as they are fetched, `….block`.
 */

const EMBEDDED = 'blocks.dat';
const PEER_FILE = /^blockfile_\d{6}$/;
const FETCHED = /\.block$/;

/** Reads a file in pieces: a ledger's may be larger than memory. */
class Pieces {
  readonly #fd: number;
  readonly size: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  read(at: number, length: number): Buffer {
    readable(at + length <= this.size, 'a block file ends inside a block');
    const piece = Buffer.alloc(length);
    readSync(this.#fd, piece, 0, length, at);
    return piece;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const MAGIC = 'RGBLOCK2';
/** Length, and checksums that the chain's own hashes make needless here. */
const RECORD_HEAD_BYTES = 12;

function* embeddedBlocks(path: string): Generator<StoredBlock> {
  const file = new Pieces(path);
  try {
    readable(file.read(0, MAGIC.length).toString('latin1') === MAGIC, `${EMBEDDED} is no block file`);
    for (let at = MAGIC.length; at < file.size;) {
      const length = file.read(at, RECORD_HEAD_BYTES).readUInt32BE(0);
      yield readBlockMessage(file.read(at + RECORD_HEAD_BYTES, length));
      at += RECORD_HEAD_BYTES + length;
    }
  } finally {
    file.close();
  }
}

const LONGEST_VARINT = 8;

function* peerBlocks(path: string): Generator<StoredBlock> {
  const file = new Pieces(path);
  try {
    for (let at = 0; at < file.size;) {
      const head = file.read(at, Math.min(LONGEST_VARINT, file.size - at));
      const bytes = head.findIndex((byte) => byte < 0x80) + 1;
      readable(bytes > 0, 'a block file has a length that does not end');
      const length = head
        .subarray(0, bytes)
        .reduce((sum, byte, index) => sum + (byte & 0x7f) * 128 ** index, 0);
      // A peer leaves the rest of a file that it wrote ahead empty.
      if (length === 0) return;
      yield readPeerBlock(file.read(at + bytes, length));
      at += bytes + length;
    }
  } finally {
    file.close();
  }
}

/** All blocks that a folder has, the first one first. @throws Unreadable */
export function* blocksIn(folder: string): Generator<StoredBlock> {
  if (!existsSync(folder)) throw new Unreadable(`there is no folder ${folder}`);
  const names = readdirSync(folder).sort();
  if (names.includes(EMBEDDED)) {
    yield* embeddedBlocks(join(folder, EMBEDDED));
    return;
  }
  const files = names.filter((name) => PEER_FILE.test(name));
  for (const name of files) yield* peerBlocks(join(folder, name));
  if (files.length > 0) return;
  const fetched = names
    .filter((name) => FETCHED.test(name))
    .map((name) => readBlockMessage(readFileSync(join(folder, name))));
  readable(
    fetched.length > 0,
    `${folder} has no blocks: neither ${EMBEDDED}, nor blockfile_000000, nor ….block`,
  );
  yield* fetched.sort((a, b) => a.number - b.number);
}
