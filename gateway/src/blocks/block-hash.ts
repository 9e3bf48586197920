import { sha256 } from './proto.ts';

/** DER of a length. Spec: X.690 §8.1.3. */
const derLength = (length: number): Buffer => {
  if (length < 0x80) return Buffer.from([length]);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
};

const der = (tag: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([tag]), derLength(content.length), content]);

const derInteger = (value: bigint): Buffer => {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  // A leading one bit would read as a negative number.
  return der(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
};

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;

/**
 * SHA-256 over the ASN.1 sequence of number, previous hash and data hash.
 * Spec: Hyperledger Fabric `protoutil.BlockHeaderHash`.
 */
export const blockHeaderHash = (number: bigint, previousHash: Uint8Array, dataHash: Uint8Array): Buffer =>
  sha256(
    der(
      SEQUENCE,
      Buffer.concat([derInteger(number), der(OCTET_STRING, previousHash), der(OCTET_STRING, dataHash)]),
    ),
  );

/** SHA-256 over the concatenated envelopes. Spec: Hyperledger Fabric `protoutil.ComputeBlockDataHash`. */
export const blockDataHash = (envelopes: readonly Uint8Array[]): Buffer => sha256(...envelopes);

/**
 * What a checkpoint's tree has of a block: its header, which covers its transactions, and its validation codes, which no
 * orderer signs. Block 0 has no codes of its own. Format: docs/audit-bundle.md.
 */
export const blockEntry = (number: bigint, headerHash: Uint8Array, codes: Uint8Array): Buffer =>
  sha256(headerHash, sha256(number === 0n ? new Uint8Array() : codes));
