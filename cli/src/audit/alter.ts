import { verifyBundle } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';

/** How a bundle stands up to changes of single bytes. */
export interface Altered {
  readonly bytes: number;
  readonly changed: number;
  /** Places whose change was not found. */
  readonly missed: readonly number[];
}

/**
 * Changes every so manieth byte, one at a time, and verifies.
 * @throws Error when the bundle does not hold as it is
 */
export const alterBundle = async (bundle: Buffer, checkpoint: string, every: number): Promise<Altered> => {
  const verify = (bytes: Buffer) => verifyBundle(nodePrimitives, bytes.toString('utf8'), checkpoint);
  const whole = await verify(bundle);
  if (!whole.holds) throw new Error(`the bundle does not hold as it is: ${whole.firstFailure}`);
  const missed: number[] = [];
  let changed = 0;
  for (let at = 0; at < bundle.length; at += every) {
    const altered = Buffer.from(bundle);
    altered[at] = (altered[at] ?? 0) ^ 1;
    changed += 1;
    if ((await verify(altered)).holds) missed.push(at);
  }
  return { bytes: bundle.length, changed, missed };
};
