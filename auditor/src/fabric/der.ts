import { readable } from '../failure.ts';
import { concat, type Bytes } from '../bytes.ts';

/** Distinguished encoding of ASN.1. Spec: X.690. */

export interface Element {
  readonly tag: number;
  readonly content: Bytes;
  /** With tag and length. */
  readonly whole: Bytes;
}

export const TAG = { integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, sequence: 0x30, set: 0x31 } as const;

const readOne = (bytes: Bytes, from: number): Element & { readonly end: number } => {
  const [tag, first] = [bytes[from], bytes[from + 1]];
  readable(tag !== undefined && first !== undefined, 'an ASN.1 element is cut short');
  let at = from + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    readable(count >= 1 && count <= 3, 'an ASN.1 length is too long');
    length = 0;
    for (let index = 0; index < count; index += 1, at += 1) length = length * 256 + (bytes[at] ?? 0);
    readable(length >= (count === 1 ? 0x80 : 256 ** (count - 1)), 'an ASN.1 length is not the shortest');
  }
  const end = at + length;
  readable(end <= bytes.length, 'an ASN.1 element is cut short');
  return { tag, content: bytes.subarray(at, end), whole: bytes.subarray(from, end), end };
};

/** Elements one after another, to the end. @throws Unreadable */
export const elements = (bytes: Bytes): readonly Element[] => {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const { end, ...element } = readOne(bytes, at);
    found.push(element);
    at = end;
  }
  return found;
};

/** The parts of the one sequence that the bytes are. @throws Unreadable */
export const sequence = (bytes: Bytes): readonly Element[] => {
  const [whole, ...more] = elements(bytes);
  readable(whole?.tag === TAG.sequence && more.length === 0, 'an ASN.1 sequence was expected');
  return elements(whole.content);
};

const encoded = (tag: number, content: Bytes): Bytes => {
  const digits: number[] = [];
  for (let left = content.length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 | digits.length, ...digits];
  return concat(Uint8Array.of(tag, ...length), content);
};

const encodedNumber = (value: bigint): Bytes => {
  const digits: number[] = [];
  for (let left = value; left > 0n; left >>= 8n) digits.unshift(Number(left & 0xffn));
  // A leading one bit would read as a sign.
  if (digits.length === 0 || (digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return encoded(TAG.integer, Uint8Array.from(digits));
};

/** The form in which Fabric hashes and signs a block's header: number, previous hash, data hash. */
export const headerForm = (number: bigint, previousHash: Bytes, dataHash: Bytes): Bytes =>
  encoded(
    TAG.sequence,
    concat(encodedNumber(number), encoded(TAG.octets, previousHash), encoded(TAG.octets, dataHash)),
  );

const COORDINATE = 32;

const unsigned = ({ tag, content }: Element, bytes: number): Bytes => {
  readable(tag === TAG.integer && content.length > 0, 'a signature holds no number');
  const [first = 0, second = 0] = content;
  readable(first < 0x80 && !(first === 0 && second < 0x80), 'a number of a signature is not in its one form');
  const digits = first === 0 ? content.subarray(1) : content;
  readable(digits.length <= bytes, 'a number of a signature is too long');
  const padded = new Uint8Array(bytes);
  padded.set(digits, bytes - digits.length);
  return padded;
};

/** An ECDSA signature as two numbers of a curve's bytes, which are usually 32. Spec: RFC 3279 §2.2.3. @throws Unreadable */
export const rawSignature = (der: Bytes, bytes = COORDINATE): Bytes => {
  const [r, s, ...more] = sequence(der);
  readable(r !== undefined && s !== undefined && more.length === 0, 'a signature has not two numbers');
  return concat(unsigned(r, bytes), unsigned(s, bytes));
};
