/** What a visited utility's gateway does for one lane, inside of what is measured: sealing, rating, trees, packing. */
import {
  AGREEMENT_ID,
  by,
  sealedTerms,
  tariffJson,
  termsOf,
  type Call,
  type ClosedSession,
} from '@roamgrid/chaincode/testing';
import { sumSplits } from '@roamgrid/domain';
import {
  batchHeader,
  bodyHash,
  canonicalJson,
  computeAmounts,
  ExposureBook,
  exposurePlace,
  hashTree,
  canonicalOf,
  meterKeyId,
  NumberBits,
  packBodies,
  RANGE_NUMBERS,
  sealBody,
  settledText,
  type CdrAmounts,
  type ExposurePlace,
  type HashTree,
  type MeterEntry,
  type ProfileSpent,
  type SessionCloseBody,
} from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';

const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };
const TERMS = termsOf();
const TERMS_TEXT = sealedTerms().text;
const TARIFF = tariffJson();

const saltOf = (label: string): string => bodyHash(`salt ${label}`);

interface OpenedPlace {
  readonly slot: number;
  readonly index: number;
  readonly tree: HashTree;
  readonly text: string;
}

/** A settle as it is told, and what of it a proof is later held against. */
export interface SettledBatch {
  readonly batchId: string;
  readonly call: Call;
  readonly sessionIds: readonly string[];
  readonly hashes: readonly string[];
  readonly merkleRoot: string;
}

interface KeptProfile extends ExposurePlace {
  readonly profileId: string;
}

const profileOf = (laneId: string, evidence: string): KeptProfile => {
  const payload = Buffer.from(evidence.split('.')[1] ?? '', 'base64url').toString('utf8');
  const { profileId, validUntilMs } = JSON.parse(payload) as { profileId: string; validUntilMs: number };
  return { profileId, ...exposurePlace(laneId, profileId, validUntilMs) };
};

export class LaneGateway {
  /** Numbers of one opening lie within so many. */
  static readonly span = RANGE_NUMBERS;
  readonly laneId: string;
  readonly #places = new Map<string, OpenedPlace>();
  readonly #meters = new Map<string, MeterEntry>();
  readonly #book = new Map<string, string>();
  readonly #spent = new Map<string, ProfileSpent>();
  readonly #exposures = new Map<string, ExposureBook>();
  readonly #profiles = new Map<string, KeptProfile>();
  #slot = 0;
  #sequence = 1;

  constructor(laneId: string) {
    this.laneId = laneId;
  }

  open(sessions: readonly ClosedSession[]): Call {
    this.#slot += 1;
    const ordered = [...sessions].sort((a, b) => a.open.number - b.open.number);
    const texts = ordered.map(({ open }) => canonicalOf(open.body));
    const tree = hashTree(texts.map(bodyHash));
    const bits = new NumberBits(ordered[0]?.open.number ?? 1);
    for (const [index, { open }] of ordered.entries()) {
      bits.add(open.number);
      this.#places.set(open.body.sessionId, { slot: this.#slot, index, tree, text: texts[index] ?? '' });
    }
    const commandId = `open-${uuidv7()}`;
    return {
      caller: by('USDUK', 'station'),
      verb: 'session.open',
      nowMs: 0,
      command: {
        commandId,
        ...PAIR,
        laneId: this.laneId,
        slot: this.#slot,
        root: tree.root,
        count: ordered.length,
        first: bits.first,
        bits: bits.text,
      },
    };
  }

  /** Forms a settle; what it writes counts from then on, because settles of a lane follow one another. */
  settle(closed: readonly ClosedSession[]): SettledBatch {
    const batchId = `settle-${uuidv7()}`;
    const fromSequence = this.#sequence;
    this.#sequence += closed.length;
    const book = [...this.#book].sort(([a], [b]) => (a < b ? -1 : 1));
    const meters: Record<string, unknown> = {};
    const spent: Record<string, unknown> = {};
    const exposures: Record<string, string> = {};
    const seen = new Set<string>();
    const cdrs: CdrAmounts[] = [];
    const texts: string[] = [];
    const ways: string[] = [];
    for (const [index, { open, body }] of closed.entries()) {
      const place = this.#places.get(body.sessionId);
      if (place === undefined) throw new Error(`${body.sessionId} was not opened`);
      const cdr = rated(open.body.quote, body, fromSequence + index);
      cdrs.push(cdr);
      texts.push(settledText(canonicalOf(body), place.text));
      ways.push(JSON.stringify({ slot: place.slot, ...place.tree.pathTo(place.index) }));
      this.#use(open.site.meter.jwk, body, meters, seen);
      if (open.body.authorisedBy === 'cache')
        this.#spend(open.body.evidence, cdr, body.salt, { spent, exposures }, seen);
    }
    const hashes = texts.map(bodyHash);
    const merkleRoot = hashTree(hashes).root;
    const sum = (of: (cdr: CdrAmounts) => bigint) => cdrs.reduce((total, cdr) => total + of(cdr), 0n);
    const header = sealBody(batchHeader, {
      batchId,
      ...PAIR,
      laneId: this.laneId,
      fromSequence,
      toSequence: fromSequence + closed.length - 1,
      currency: 'USD',
      energyWh: sum(({ energyWh }) => energyWh),
      totalMicros: sum(({ totalMicros }) => totalMicros),
      shares: sumSplits(cdrs.map(({ shares }) => shares)),
      lastEndMs: cdrs.reduce((last, { endMs }) => Math.max(last, endMs), 0),
      merkleRoot,
      salt: saltOf(batchId),
    });
    return {
      batchId,
      sessionIds: closed.map(({ body }) => body.sessionId),
      hashes,
      merkleRoot,
      call: {
        caller: by('USDUK', 'aaa'),
        verb: 'session.settle',
        nowMs: 0,
        command: {
          commandId: batchId,
          ...PAIR,
          laneId: this.laneId,
          headerHash: header.hash,
          merkleRoot,
          fromSequence,
          count: closed.length,
        },
        transient: {
          sessions: packBodies(texts),
          openings: packBodies(ways),
          proofs: canonicalJson({ meterBook: book, meters, exposures, spent } as never),
          header: header.text,
          terms: TERMS_TEXT,
        },
      },
    };
  }

  /** Opens the entry that the meter had before the batch, and keeps the one that it has after the session. */
  #use(
    key: Parameters<typeof meterKeyId>[0],
    { readings, salt }: SessionCloseBody,
    opened: Record<string, unknown>,
    seen: Set<string>,
  ): void {
    const id = meterKeyId(key);
    const before = this.#meters.get(id);
    if (before !== undefined && !seen.has(id))
      opened[id] = { ...before, registerMilliWh: before.registerMilliWh.toString() };
    seen.add(id);
    const last = readings.at(-1);
    if (last === undefined) throw new Error('a close body has readings');
    const entry = { endMs: last.atMs, registerMilliWh: last.registerMilliWh, salt };
    this.#meters.set(id, entry);
    this.#book.set(id, bodyHash(canonicalOf(entry)));
  }

  /** The same for what was closed under the session's profile. */
  #spend(
    evidence: string,
    { totalMicros }: CdrAmounts,
    salt: string,
    stated: { readonly spent: Record<string, unknown>; readonly exposures: Record<string, string> },
    seen: Set<string>,
  ): void {
    const profile = this.#profiles.get(evidence) ?? profileOf(this.laneId, evidence);
    this.#profiles.set(evidence, profile);
    const { profileId: id, book: name, mark } = profile;
    const book = this.#exposures.get(name) ?? new ExposureBook();
    this.#exposures.set(name, book);
    stated.exposures[name] ??= book.text;
    const before = this.#spent.get(id);
    if (!seen.has(id))
      stated.spent[id] = before === undefined ? null : { ...before, micros: before.micros.toString() };
    seen.add(id);
    const { micros, sessions } = before ?? { micros: 0n, sessions: 0 };
    const after = { micros: micros + totalMicros, sessions: sessions + 1, salt };
    this.#spent.set(id, after);
    book.write(mark, after);
  }
}

const rated = (
  quote: Parameters<typeof computeAmounts>[0]['quote'],
  body: SessionCloseBody,
  laneSequence: number,
): CdrAmounts => {
  const computed = computeAmounts({
    laneSequence,
    quote,
    readings: body.readings,
    tariffJson: TARIFF,
    terms: TERMS,
    endReason: body.endReason,
  });
  if (!computed.ok) throw new Error(computed.error.message);
  return computed.value;
};
