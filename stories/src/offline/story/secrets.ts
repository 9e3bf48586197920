import type { OfflineRecord } from '@roamgrid/offline';
import type { Overheard } from '../phone-radio.ts';

/** What somebody learns who listened to every frame of the air. */
export interface CaptureSeen {
  readonly frames: number;
  /** Pieces of secrets that were looked for, and those that were found. */
  readonly pieces: number;
  readonly found: number;
}

const PIECE_BYTES = 16;
const PROTOCOL = 'roamgrid-offline';

/** Looks for tokens, what meters signed and what phones signed, whole or in part. */
export const secretsIn = (
  { frames }: Overheard,
  tokens: readonly Uint8Array[],
  records: readonly OfflineRecord[],
): CaptureSeen => {
  const heard = Buffer.concat(frames);
  const secrets = [
    ...tokens,
    ...records.flatMap(({ facts, evidence }) => [
      // The name of the protocol, which contacts begin with, is none.
      ...facts.signed.split(PROTOCOL).map((part) => Buffer.from(part)),
      evidence.signature,
    ]),
  ];
  let [pieces, found] = [0, 0];
  for (const secret of secrets)
    for (let at = 0; at + PIECE_BYTES <= secret.length; at += PIECE_BYTES) {
      pieces += 1;
      if (heard.includes(Buffer.from(secret.subarray(at, at + PIECE_BYTES)))) found += 1;
    }
  return { frames: frames.length, pieces, found };
};
