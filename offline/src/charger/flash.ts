/** Memory that keeps what it holds without power. What is said to be written is; what was being written when power went may be there in part. */
export interface Flash {
  load(): Promise<Uint8Array>;
  /** Writes behind what is there. A cut leaves any first part of it. */
  append(bytes: Uint8Array): Promise<void>;
  /** Writes all anew. A cut leaves the old or the new. */
  replace(bytes: Uint8Array): Promise<void>;
}

const CRC_POLYNOMIAL = 0xedb88320;
const BYTE = 8;

/** CRC-32 of ISO/IEC 3309: tells a torn write, nothing more. */
export const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < BYTE; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ CRC_POLYNOMIAL : crc >>> 1;
  }
  return ~crc >>> 0;
};

const CHECK_BYTES = 4;

/** With a checksum before it, for what is written whole. */
export const checked = (content: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(CHECK_BYTES + content.length);
  new DataView(bytes.buffer).setUint32(0, crc32(content));
  bytes.set(content, CHECK_BYTES);
  return bytes;
};

/** Undefined when the chip spoiled it. */
export const readChecked = (bytes: Uint8Array): Uint8Array | undefined => {
  if (bytes.length < CHECK_BYTES) return undefined;
  const content = bytes.subarray(CHECK_BYTES);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === crc32(content) ? content : undefined;
};
