import { bytesOfHex, hexOf, sha256, type Bytes } from '../shared/hash.ts';

const joined = (prefix: number, ...parts: readonly Bytes[]): Bytes =>
  new Uint8Array([prefix, ...parts.flatMap((part) => [...part])]);

export interface Proof {
  readonly index: number;
  readonly size: number;
  readonly path: readonly string[];
}

/**
 * The root to which a proof of inclusion leads, in hex; undefined when the proof has not the length that its index and
 * size ask for. Leaves are hashed behind a 0x00 byte, nodes behind 0x01. Spec: RFC 9162 §2.1.3.2.
 */
export async function rootOf(leafHex: string, { index, size, path }: Proof): Promise<string | undefined> {
  if (index < 0 || index >= size) return undefined;
  let node = await sha256(joined(0, bytesOfHex(leafHex)));
  let at = index;
  let last = size - 1;
  for (const siblingHex of path) {
    if (last === 0) return undefined;
    const sibling = bytesOfHex(siblingHex);
    if (at % 2 === 1 || at === last) {
      node = await sha256(joined(1, sibling, node));
      // A last node without a neighbour moved up as it was.
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2);
        last = Math.floor(last / 2);
      }
    } else {
      node = await sha256(joined(1, node, sibling));
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hexOf(node) : undefined;
}
