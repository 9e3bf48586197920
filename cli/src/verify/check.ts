import { createHash } from 'node:crypto';
import { verifyInclusion } from '@roamgrid/domain';
import { bodyHash, type InclusionPath } from '@roamgrid/wire';

/** One link of the chain of evidence. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

/** Public value of a key on the verified chain, or undefined. */
export type ReadPublic = (key: string) => Uint8Array | undefined;

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const fromHex = (text: string): Uint8Array => Buffer.from(text, 'hex');

/** Whether a text's hash is a leaf where the path says, under this root. */
export const leadsTo = (text: string, { index, size, path }: InclusionPath, root: string): boolean =>
  verifyInclusion(
    sha256,
    fromHex(bodyHash(text)),
    { leafIndex: index, treeSize: size, path: path.map(fromHex) },
    fromHex(root),
  );
