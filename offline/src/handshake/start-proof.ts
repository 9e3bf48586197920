import type { Suite } from '../suite/suite.ts';
import type { Evidence } from './charger.ts';
import { encodeCommand } from './command.ts';
import { proofText } from './messages.ts';

/** A start that a phone asked for, as its charger keeps it. */
export interface ProvenStart extends Pick<Evidence, 'token' | 'transcript'> {
  /** Energy that the holder asked for. */
  readonly askedWh: bigint;
}

/** What the holder of a token signed to start a session: formed again by whoever judges it later. */
export const startProof = async (
  { token, transcript, askedWh }: ProvenStart,
  suite: Pick<Suite, 'sha256'>,
): Promise<Uint8Array> =>
  proofText(transcript, await suite.sha256(token), encodeCommand({ kind: 'start', energyWh: askedWh }));
