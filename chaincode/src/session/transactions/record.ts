import {
  bodyHash,
  notesRecord,
  privateKey,
  sessionNote,
  stateKey,
  type sessionCommands,
} from '@roamgrid/wire';
import { getDealing, putBodies } from '../../consortium/agreement.ts';
import { ensure, openAll, parseJson, requireMember, type Verb } from '../../context/index.ts';
import { getOpening, requireLane, statedNumbers } from '../lanes.ts';
import { numberOf } from '../settling.ts';

/**
 * Notes on running sessions (ROAM-5, ROAM-14): interim registers and states of charge, in both parties' private bodies.
 * The channel sees their hash. Only openings are read, which never change, so notes never conflict with a settle.
 */
export const record: Verb<typeof sessionCommands.record> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  requireMember(tx.caller, dealing.vun, ['station', 'aaa']);
  const { laneId: lane, openings, notesHash, count, commandId, agreementId } = command;
  requireLane(dealing, lane);
  await tx.requireAbsent(stateKey.notes(commandId));
  const noted = new Set<number>();
  for (const { slot, first, bits } of openings) {
    const opening = await getOpening(tx, lane, slot, agreementId);
    for (const number of statedNumbers(first, bits)) {
      ensure(
        opening.numbers.has(number),
        'NOT_FOUND',
        `opening ${slot} of ${lane} did not open number ${number}`,
      );
      noted.add(number);
    }
  }
  const { texts, text } = tx.transientTexts('notes', count);
  ensure(bodyHash(text) === notesHash, 'HASH_MISMATCH', 'the notes do not hash to notesHash');
  const notes = openAll(
    sessionNote,
    texts.map((each) => parseJson(each, 'a note')),
    'notes',
    count,
  );
  for (const { value: note } of notes) {
    ensure(
      noted.has(numberOf({ lane }, note.sessionId)),
      'NOT_FOUND',
      `${note.sessionId} is in none of the command's openings`,
    );
    tx.notInFuture(note.atMs, `the note of ${note.sessionId}`);
  }
  tx.put(
    notesRecord,
    stateKey.notes(commandId),
    { type: 'notes', version: 1, laneId: lane, agreementId, notesHash, atMs: tx.nowMs },
    { endorsers: dealing.endorsers },
  );
  putBodies(tx, dealing, [[privateKey.notes(commandId), text]]);
};
