/** One of the two places that firmware runs from. What is said to be written is; a cut leaves any part of what was being written. */
export interface ImageSlot {
  readonly sizeBytes: number;
  write(at: number, bytes: Uint8Array): Promise<void>;
  read(at: number, length: number): Promise<Uint8Array>;
}

/** SHA-256 over what comes piece by piece: an image need not fit into memory. */
export interface Hasher {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

const PIECE_BYTES = 4_096;

/** The hash of the first bytes of a slot, as they can be read back. */
export const hashOfSlot = async (
  slot: ImageSlot,
  length: number,
  newHasher: () => Hasher,
): Promise<Uint8Array> => {
  const hasher = newHasher();
  for (let at = 0; at < length; at += PIECE_BYTES)
    hasher.update(await slot.read(at, Math.min(PIECE_BYTES, length - at)));
  return new Uint8Array(hasher.digest());
};
