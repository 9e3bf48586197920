import { bodyHash, isIncluded, type InclusionPath } from '@roamgrid/wire';

/** One link of the chain of evidence. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

/** Public value of a key on the verified chain, or undefined. */
export type ReadPublic = (key: string) => Uint8Array | undefined;

/** Whether a text's hash is a leaf where the path says, under this root. */
export const leadsTo = (text: string, path: InclusionPath, root: string): boolean =>
  isIncluded(bodyHash(text), path, root);
