import { readCheckpoint, type Checkpoint } from '../checkpoint.ts';
import { Failed, hold, Unreadable } from '../failure.ts';
import { canonical, parseCanonical, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { chunksFrom } from '../rating/demand.ts';
import type { Record } from '../rating/record.ts';
import { firstOf, nameOf, numbersOf, rangeOf } from '../session/numbers.ts';
import {
  keyOf,
  readAgreement,
  readBatch,
  readCommitment,
  readDemand,
  readStation,
  readTariffRecord,
  readUtility,
  recordOf as publicRecord,
  type Batch,
  type DemandChunk,
} from '../session/records.ts';
import { readSettled, type Settled } from '../session/settled.ts';
import { readTerms, type Terms } from '../session/terms.ts';
import {
  hashOf,
  readWay,
  recordText,
  requireHeader,
  requireInBatch,
  verifySession,
  type SessionGround,
} from '../session/verify.ts';
import { exactly, text, whole, object } from '../shape.ts';
import { readVersion, verifyClearing, type States } from './clearing.ts';
import { ProvenBlocks, written, type Proven } from './proven-blocks.ts';

/** One bill, from one file: format in docs/audit-bundle.md. */

export const BUNDLE_FORMAT = 'roamgrid-bundle';
export const BUNDLE_VERSION = 1;

/** What the verdict rests on besides arithmetic. */
export interface Trusted {
  readonly channel: string;
  readonly blocks: number;
  readonly hash: string;
  readonly signers: readonly { readonly utilityId: string; readonly thumbprint: string }[];
}

/** What was proven, for people. */
export interface Told {
  readonly sessionId: string;
  readonly currency: string;
  readonly totalMicros: bigint;
  readonly energyWh: bigint;
  /** Records of clearing with their states. */
  readonly clearing: States;
}

export type Verdict =
  | { readonly holds: true; readonly trusted: Trusted; readonly told: Told }
  | {
      readonly holds: false;
      readonly firstFailure: string;
      /** It is not of the form that can be verified at all. */
      readonly isUnreadable: boolean;
      readonly trusted: Trusted | undefined;
    };

const PARTS = ['bodies', 'blocks', 'cdr', 'channel', 'format', 'sessionId', 'settle', 'version'];
const BODIES = ['batchWay', 'header', 'openingWay', 'settled', 'terms'];

/** Reads what the settlement read: each record is the one that the endorsers judged by. */
class JudgedBy {
  readonly #settle: Proven;
  readonly #blocks: ProvenBlocks;

  constructor(settle: Proven, blocks: ProvenBlocks) {
    this.#settle = settle;
    this.#blocks = blocks;
  }

  get #reads() {
    return this.#settle.sets.get(this.#settle.chaincode)?.reads ?? [];
  }

  async value(key: string): Promise<string> {
    const read = this.#reads.find((each) => each.key === key);
    hold(read?.version !== undefined, `the settlement was not judged by ${key}`);
    return written(await this.#blocks.transaction(read.version), key);
  }

  keys(begin: string): readonly string[] {
    return this.#reads
      .filter(({ key, version }) => key.startsWith(begin) && version !== undefined)
      .map(({ key }) => key);
  }
}

/** Demand that the settlement read, in the order of keys, by which the first source's chunks come first. */
const chunksOf = async (judged: JudgedBy, { grid }: Terms, { close }: Settled): Promise<DemandChunk[]> => {
  if (grid === undefined) return [];
  const fromMs = chunksFrom(grid, close.readings[0].atMs);
  const untilMs = close.readings.at(-1)?.atMs ?? 0;
  const found: DemandChunk[] = [];
  for (const { utilityId, areaId } of grid.sources) {
    const begin = `demand:${utilityId}:${areaId}:`;
    for (const key of [...new Set(judged.keys(begin))].sort()) {
      const firstMs = Number(key.slice(begin.length));
      // A settlement reads for all of its sessions: chunks outside this one's span are others'.
      if (fromMs <= firstMs && firstMs <= untilMs) found.push(readDemand(await judged.value(key)));
    }
  }
  return found;
};

const groundOf = async (
  primitives: Primitives,
  judged: JudgedBy,
  settle: Proven,
  settled: Settled,
  batch: Batch,
  termsText: string,
  slot: number,
): Promise<SessionGround> => {
  const { quote } = settled.open;
  const agreement = readAgreement(await judged.value(keyOf.agreement(quote.agreementId)));
  hold(hashOf(primitives, termsText) === agreement.termsHash, 'the terms are not those that both signed');
  const terms = readTerms(parseCanonical(termsText, 'the terms'));
  const binding = keyOf.binding(quote.agreementId, quote.tariffId, quote.tariffVersion);
  publicRecord(await judged.value(binding), 'tariffBinding');
  return {
    channel: settle.channel,
    vun: readUtility(await judged.value(keyOf.utility(quote.vun))),
    hun: readUtility(await judged.value(keyOf.utility(quote.hun))),
    station: readStation(await judged.value(keyOf.station(quote.vun, quote.stationId))),
    agreement,
    terms,
    tariff: readTariffRecord(await judged.value(keyOf.tariff(quote.tariffId, quote.tariffVersion))),
    opening: readCommitment(await judged.value(keyOf.opening(batch.laneId, slot)), 'opening'),
    batch,
    chunks: await chunksOf(judged, terms, settled),
    settledAtMs: settle.atMs,
    isClaimed: judged.keys('claim:').length > 0,
  };
};

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

const told = (sessionId: string, currency: string, record: Record, clearing: States): Told => ({
  ...{ sessionId, currency, clearing },
  totalMicros: record.totalMicros,
  energyWh: record.energyWh,
});

const verifyAll = async (primitives: Primitives, file: string, checkpoint: Checkpoint): Promise<Told> => {
  const bundle: JsonObject = exactly(parseCanonical(file, 'the bundle'), 'the bundle', PARTS, ['clearing']);
  hold(
    bundle['format'] === BUNDLE_FORMAT && bundle['version'] === BUNDLE_VERSION,
    `this is no bundle of version ${BUNDLE_VERSION}`,
  );
  hold(bundle['channel'] === checkpoint.channel, 'the bundle is of another channel than the checkpoint');
  const blocks = await ProvenBlocks.prove(primitives, checkpoint, bundle['blocks'] ?? null);
  const settle = await blocks.transaction(readVersion(bundle['settle'] ?? null, 'the settlement'));
  const bodies = exactly(bundle['bodies'], 'the bodies', BODIES);
  const body = (name: string): string => text(bodies[name], `the body ${name}`);
  const settled = readSettled(body('settled'));
  const { sessionId, quote } = settled.open;
  hold(bundle['sessionId'] === sessionId, 'the bodies are of another session');
  const header = object(parseCanonical(body('header'), 'the header'), 'the header');
  const batch = readBatch(written(settle, keyOf.batch(text(header['batchId'], 'the batch’s id'))));
  hold(batch.laneId === nameOf(sessionId).laneId, 'the batch is of another lane');
  const sums = requireHeader(primitives, body('header'), batch);
  const way = readWay(bodies['batchWay'], 'the way to the batch');
  requireInBatch(primitives, body('settled'), batch, way);
  requireEnded(settle, sessionId);
  const judged = new JudgedBy(settle, blocks);
  const slot = whole(object(bodies['openingWay'], 'the way to the opening')['slot'], 'the opening’s slot');
  const ground = await groundOf(primitives, judged, settle, settled, batch, body('terms'), slot);
  const parties = await partiesOf(judged, ground);
  for (const party of parties)
    hold(settle.endorsers.has(party), `the settlement is not endorsed by ${party}`);
  const laneSequence = batch.fromSequence + way.index;
  const opened = readWay(bodies['openingWay'], 'the way to the opening', ['slot']);
  const record = await verifySession(primitives, settled, ground, opened, laneSequence);
  hold(
    canonical(bundle['cdr'] ?? null) === recordText(record),
    'the charge detail record is not what the readings, the tariff and the terms give',
  );
  hold(
    record.totalMicros <= sums.totalMicros && (way.size > 1 || record.totalMicros === sums.totalMicros),
    'the batch comes to less than its sessions',
  );
  const clearing =
    bundle['clearing'] === undefined
      ? new Map<string, string>()
      : await verifyClearing(bundle['clearing'], {
          ...{ primitives, blocks, batch, laneSequence, parties },
          header: sums,
        });
  blocks.requireAllUsed();
  return told(sessionId, quote.currency, record, clearing);
};

/**
 * Whether a bill holds, by its bundle and a checkpoint alone.
 * @param file the bundle's text
 * @param checkpointFile the checkpoint's text, which is what is trusted
 */
export const verifyBundle = async (
  primitives: Primitives,
  file: string,
  checkpointFile: string,
): Promise<Verdict> => {
  let trusted: Trusted | undefined;
  try {
    const checkpoint = await readCheckpoint(primitives, checkpointFile);
    const { channel, blocks, hash, signers } = checkpoint;
    const named = signers.map(({ utilityId, thumbprint }) => ({ utilityId, thumbprint }));
    trusted = { channel, blocks, hash, signers: named };
    return { holds: true, trusted, told: await verifyAll(primitives, file, checkpoint) };
  } catch (thrown) {
    if (!(thrown instanceof Failed || thrown instanceof Unreadable)) throw thrown;
    return {
      holds: false,
      firstFailure: thrown.message,
      isUnreadable: thrown instanceof Unreadable,
      trusted,
    };
  }
};
