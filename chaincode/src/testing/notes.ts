import {
  bodyHash,
  canonicalText,
  NumberBits,
  packBodies,
  sessionNote,
  type SessionNote,
} from '@roamgrid/wire';
import { AGREEMENT_ID, by, NOW_MS, saltOf } from './parties.ts';
import { LANE_ID } from './opened.ts';

/** Notes on running sessions as a visited utility's gateway would submit them. */

export const noteOf = (sessionId: string, over: Partial<SessionNote> = {}): SessionNote => ({
  sessionId,
  sequence: 1,
  atMs: NOW_MS,
  registerMilliWh: 1_234_567n,
  socPpm: 654_321,
  salt: saltOf(`note ${sessionId}`),
  ...over,
});

/** Numbers of an opening that notes are on. */
export const notedIn = (slot: number, numbers: readonly number[]) => {
  const bits = new NumberBits(Math.min(...numbers));
  for (const number of numbers) bits.add(number);
  return { slot, first: bits.first, bits: bits.text };
};

export interface NotesOptions {
  readonly commandId?: string;
  readonly laneId?: string;
  readonly openings?: readonly ReturnType<typeof notedIn>[];
}

export const notesCall = (
  notes: readonly SessionNote[],
  { commandId = 'n1', laneId = LANE_ID, openings = [notedIn(1, [1, 2])] }: NotesOptions = {},
) => {
  const packed = packBodies(notes.map((note) => canonicalText(sessionNote, note)));
  return {
    caller: by('USDUK', 'station'),
    verb: 'session.record',
    command: {
      commandId,
      vun: 'USDUK',
      hun: 'USALP',
      agreementId: AGREEMENT_ID,
      laneId,
      openings: [...openings],
      notesHash: bodyHash(packed),
      count: notes.length,
    },
    transient: { notes: packed },
  };
};
