import { hold } from '../failure.ts';
import { canonical, parseCanonical, type Json, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import type { Record } from '../rating/record.ts';
import { groundOf } from '../session/ground.ts';
import { firstOf, nameOf, numbersOf, rangeOf } from '../session/numbers.ts';
import {
  keyOf,
  readBatch,
  readCommitment,
  readUtility,
  recordOf as publicRecord,
  type Station,
} from '../session/records.ts';
import { readSettled, type Settled } from '../session/settled.ts';
import {
  claimedAt,
  hashOf,
  readWay,
  recordText,
  requireHeader,
  requireInBatch,
  verifySession,
  type KnownClaim,
  type SessionGround,
} from '../session/verify.ts';
import { exactly, object, text, whole } from '../shape.ts';
import { readVersion, verifyClearing, type Clearing } from './clearing.ts';
import { JudgedBy } from './judged-by.ts';
import { written, type Proven, type ProvenBlocks } from './proven-blocks.ts';

/** One session of a bundle: its bodies, by what its settlement read, and the clearing that its record went through. */

/** Members of a session in a bundle; `clearing` once it is invoiced. */
export const SESSION_PARTS = ['bodies', 'cdr', 'sessionId', 'settle'] as const;

export interface ProvenSession {
  readonly settled: Settled;
  readonly record: Record;
  /** Where it was charged, as its settlement read it. */
  readonly station: Station;
  readonly clearing: Clearing;
}

const BODIES = ['batchWay', 'header', 'openingWay', 'settled', 'terms'];

/** That the number's end was written with the settlement, as closed and nothing else. */
const requireEnded = (settle: Proven, sessionId: string): void => {
  const { laneId, number } = nameOf(sessionId);
  const range = rangeOf(number);
  const ends = publicRecord(written(settle, keyOf.ends(laneId, range)), 'ends');
  const has = (name: string): boolean => numbersOf(firstOf(range), text(ends[name], name)).includes(number);
  hold(has('closed') && !has('gone'), 'the settlement did not close the session’s number');
};

/** The parties' organisations: the second is the witness's where one utility is both. */
const partiesOf = async (judged: JudgedBy, ground: SessionGround): Promise<readonly string[]> => {
  const { witness } = ground.agreement;
  const other = witness === undefined ? ground.hun : readUtility(await judged.value(keyOf.utility(witness)));
  return [ground.vun.mspId, other.mspId];
};

/** That this very end was claimed, and when: of the claims that the settlement read, the one that the bundle names. */
const claimOf = async (
  primitives: Primitives,
  judged: JudgedBy,
  settledText: string,
  sessionId: string,
  told: Json | undefined,
): Promise<KnownClaim> => {
  const what = 'the way to the claim';
  const way = readWay(told, what, ['claimId']);
  const claimId = text(object(told, what)['claimId'], what);
  const claim = readCommitment(await judged.value(keyOf.claim(claimId)), 'claim');
  return { atMs: claimedAt(primitives, settledText, nameOf(sessionId), claim, way) };
};

/** @throws Failed, Unreadable */
export const proveSession = async (
  primitives: Primitives,
  blocks: ProvenBlocks,
  part: JsonObject,
): Promise<ProvenSession> => {
  const settle = await blocks.transaction(readVersion(part['settle'] ?? null, 'the settlement'));
  const hasClaim = 'claimWay' in object(part['bodies'], 'the bodies');
  const bodies = exactly(part['bodies'], 'the bodies', hasClaim ? [...BODIES, 'claimWay'] : BODIES);
  const body = (name: string): string => text(bodies[name], `the body ${name}`);
  const settled = readSettled(body('settled'));
  const { sessionId } = settled.open;
  hold(part['sessionId'] === sessionId, 'the bodies are of another session');
  const header = object(parseCanonical(body('header'), 'the header'), 'the header');
  const batch = readBatch(written(settle, keyOf.batch(text(header['batchId'], 'the batch’s id'))));
  hold(batch.laneId === nameOf(sessionId).laneId, 'the batch is of another lane');
  const sums = requireHeader(primitives, body('header'), batch);
  const way = readWay(bodies['batchWay'], 'the way to the batch');
  requireInBatch(primitives, body('settled'), batch, way);
  requireEnded(settle, sessionId);
  const judged = new JudgedBy(settle, blocks);
  const slot = whole(object(bodies['openingWay'], 'the way to the opening')['slot'], 'the opening’s slot');
  const settlement = { channel: settle.channel, atMs: settle.atMs, batch, termsText: body('terms') };
  const ground = {
    ...(await groundOf(primitives, judged, settlement, settled, slot)),
    claim: hasClaim
      ? await claimOf(primitives, judged, body('settled'), sessionId, bodies['claimWay'])
      : undefined,
  };
  const parties = await partiesOf(judged, ground);
  for (const party of parties)
    hold(settle.endorsers.has(party), `the settlement is not endorsed by ${party}`);
  const laneSequence = batch.fromSequence + way.index;
  const opened = readWay(bodies['openingWay'], 'the way to the opening', ['slot']);
  const { record } = await verifySession(primitives, settled, ground, opened, laneSequence);
  hold(
    canonical(part['cdr'] ?? null) === recordText(record),
    'the charge detail record is not what the readings, the tariff and the terms give',
  );
  hold(
    record.totalMicros <= sums.totalMicros && (way.size > 1 || record.totalMicros === sums.totalMicros),
    'the batch comes to less than its sessions',
  );
  const clearing =
    part['clearing'] === undefined
      ? { states: new Map<string, string>(), decided: undefined }
      : await verifyClearing(part['clearing'], {
          ...{ primitives, blocks, batch, laneSequence, parties, sessionId },
          header: sums,
          session: record,
          leaf: hashOf(primitives, body('settled')),
        });
  return { settled, record, station: ground.station, clearing };
};
