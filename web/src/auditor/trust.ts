import { verifyCheckpoint, webPrimitives, type Trusted } from '@roamgrid/auditor';

/** What the auditor trusts: a checkpoint's file of his own, never one that comes from whom he asks. It stays in this page. */
export interface Given {
  readonly name: string;
  readonly text: string;
  readonly trusted: Trusted;
}

let given: Given | undefined;

export const checkpointGiven = (): Given | undefined => given;

/** Takes a file in as what is trusted from now on. @throws Error saying what does not hold */
export async function giveCheckpoint(name: string, text: string): Promise<Given> {
  const found = await verifyCheckpoint(webPrimitives, text);
  if ('firstFailure' in found) throw new Error(`${name}: ${found.firstFailure}`);
  given = { name, text, trusted: found.trusted };
  return given;
}
