import { verifyCheckpoint, webPrimitives, type Trusted } from '@roamgrid/auditor';

/** What the auditor trusts: a checkpoint's file of his own, never one that comes from whom he asks. It stays in this page. */
export interface Given {
  readonly name: string;
  readonly text: string;
  readonly trusted: Trusted;
}

let given: Given | undefined;

export const checkpointGiven = (): Given | undefined => given;

/** Reads what could be trusted; nothing is until `trustThis` is told. @throws Error saying what does not hold */
export async function readCheckpoint(name: string, text: string): Promise<Given> {
  const found = await verifyCheckpoint(webPrimitives, text);
  if ('firstFailure' in found) throw new Error(`${name}: ${found.firstFailure}`);
  return { name, text, trusted: found.trusted };
}

/** Trusts a checkpoint from now on. */
export const trustThis = (read: Given): void => {
  given = read;
};
