import { sumSplits } from '@roamgrid/domain';
import {
  batchHeader,
  bodyHash,
  canonicalText,
  ExposureBook,
  exposurePlace,
  hashTree,
  meterBook,
  meterEntry,
  meterKeyId,
  NumberBits,
  packBodies,
  sealBody,
  settleProofs,
  type BatchHeader,
  type JsonValue,
  type MeterEntry,
  type OpeningProof,
  type ProfileSpent,
  type MeterJwk,
  type SettleProofs,
} from '@roamgrid/wire';
import { AGREEMENT_ID, by, saltOf, sealedTerms } from './parties.ts';
import { cdrOf, type ClosedSession, type RatingOptions } from './closed.ts';
import { LANE_ID, type OpenedSession } from './opened.ts';

/** What a gateway keeps of one lane to form its commands; its calls change nothing before {@link Lane.settled}. */

const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };

export interface SettleOptions extends RatingOptions {
  readonly header?: Partial<BatchHeader>;
  readonly proofs?: Partial<SettleProofs>;
  readonly fromSequence?: number;
  /** Sessions whose records the header sums up, when those of the batch cannot be rated. */
  readonly rated?: readonly ClosedSession[];
  readonly meterKey?: Pick<MeterJwk, 'crv' | 'x' | 'y'>;
}

export interface LaneCall {
  readonly caller: ReturnType<typeof by>;
  readonly verb: string;
  readonly command: Record<string, JsonValue>;
  readonly transient?: Record<string, string>;
}

const numbersOf = (numbers: readonly number[]) => {
  const bits = new NumberBits(Math.min(...numbers));
  for (const number of numbers) bits.add(number);
  return { first: bits.first, bits: bits.text };
};

interface KeptProfile {
  readonly profileId: string;
  readonly validUntilMs: number;
}

const profileOf = ({ body }: OpenedSession): KeptProfile | undefined => {
  if (body.authorisedBy === 'home') return undefined;
  const payload = Buffer.from(body.evidence.split('.')[1] ?? '', 'base64url').toString('utf8');
  return JSON.parse(payload) as KeptProfile;
};

const byNumber = (closed: readonly ClosedSession[]) =>
  [...closed].sort((a, b) => a.open.number - b.open.number);

export class Lane {
  readonly laneId: string;
  /** Hashes of each opening's bodies, by number ascending. */
  readonly #openings = new Map<number, readonly { readonly number: number; readonly hash: string }[]>();
  readonly #book = new Map<string, MeterEntry>();
  readonly #spent = new Map<string, ProfileSpent>();
  readonly #exposures = new Map<string, ExposureBook>();
  #slot = 0;
  #sequence = 1;

  constructor(laneId = LANE_ID) {
    this.laneId = laneId;
  }

  get nextSequence(): number {
    return this.#sequence;
  }

  open(sessions: readonly OpenedSession[]): LaneCall {
    this.#slot += 1;
    const leaves = sessions.map(({ number, hash }) => ({ number, hash })).sort((a, b) => a.number - b.number);
    this.#openings.set(this.#slot, leaves);
    return {
      caller: by('USDUK', 'station'),
      verb: 'session.open',
      command: {
        ...PAIR,
        laneId: this.laneId,
        slot: this.#slot,
        root: hashTree(leaves.map(({ hash }) => hash)).root,
        count: leaves.length,
        ...numbersOf(leaves.map(({ number }) => number)),
      },
    };
  }

  /** The way from a session to its opening. */
  proofOf({ number }: OpenedSession): OpeningProof {
    for (const [slot, leaves] of this.#openings) {
      const index = leaves.findIndex((leaf) => leaf.number === number);
      if (index < 0) continue;
      return {
        slot,
        ...hashTree(leaves.map(({ hash }) => hash)).pathTo(index),
      };
    }
    throw new Error(`number ${number} was not opened`);
  }

  #proofs(closed: readonly ClosedSession[], over: Partial<SettleProofs> = {}): SettleProofs {
    const book = [...this.#book]
      .map(([id, entry]): [string, string] => [id, bodyHash(canonicalText(meterEntry, entry))])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const profiles = closed.map(({ open }) => profileOf(open)).filter((profile) => profile !== undefined);
    const spent = Object.fromEntries(
      profiles.map(({ profileId }) => [profileId, this.#spent.get(profileId) ?? null]),
    );
    const exposures = Object.fromEntries(
      profiles.map(({ profileId, validUntilMs }) => {
        const { book: name } = exposurePlace(this.laneId, profileId, validUntilMs);
        return [name, this.#exposures.get(name)?.text ?? ''];
      }),
    );
    return {
      meterBook: meterBook.parse(book),
      meters: Object.fromEntries(this.#book),
      exposures,
      spent,
      ...over,
    };
  }

  header(batchId: string, closed: readonly ClosedSession[], options: SettleOptions = {}) {
    const from = options.fromSequence ?? this.#sequence;
    const cdrs = (options.rated ?? closed).map((session, index) => cdrOf(session, from + index, options));
    const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
    const header: BatchHeader = {
      batchId,
      ...PAIR,
      laneId: this.laneId,
      fromSequence: from,
      toSequence: from + closed.length - 1,
      currency: 'USD',
      energyWh: sum(cdrs.map(({ energyWh }) => energyWh)),
      totalMicros: sum(cdrs.map(({ totalMicros }) => totalMicros)),
      shares: sumSplits(cdrs.map(({ shares }) => shares)),
      lastEndMs: Math.max(...cdrs.map(({ endMs }) => endMs)),
      merkleRoot: hashTree(closed.map(({ hash }) => hash)).root,
      salt: saltOf(`header ${batchId}`),
      ...options.header,
    };
    return { header, cdrs, sealed: sealBody(batchHeader, header) };
  }

  settle(batchId: string, closed: readonly ClosedSession[], options: SettleOptions = {}): LaneCall {
    const { header, sealed } = this.header(batchId, closed, options);
    const { terms } = options;
    return {
      caller: by('USDUK', 'aaa'),
      verb: 'session.settle',
      command: {
        ...PAIR,
        commandId: batchId,
        laneId: this.laneId,
        headerHash: sealed.hash,
        merkleRoot: header.merkleRoot,
        fromSequence: header.fromSequence,
        count: closed.length,
      },
      transient: {
        sessions: packBodies(closed.map(({ text }) => text)),
        openings: packBodies(closed.map(({ open }) => JSON.stringify(this.proofOf(open)))),
        proofs: canonicalText(settleProofs, this.#proofs(closed, options.proofs)),
        header: sealed.text,
        terms: sealedTerms(terms).text,
      },
    };
  }

  /** A settle was committed: its registers, exposures and numbers count. */
  settled(closed: readonly ClosedSession[], options: SettleOptions = {}): void {
    for (const session of closed) {
      const id = meterKeyId(options.meterKey ?? session.open.site.meter.jwk);
      const last = session.body.readings.at(-1);
      if (last === undefined) continue;
      const { salt } = session.body;
      this.#book.set(id, { endMs: last.atMs, registerMilliWh: last.registerMilliWh, salt });
      const profile = profileOf(session.open);
      if (profile === undefined) continue;
      const { profileId, validUntilMs } = profile;
      const before = this.#spent.get(profileId);
      const { totalMicros, energyWh } = cdrOf(session, 1, options);
      const spent = {
        micros: (before?.micros ?? 0n) + totalMicros,
        sessions: (before?.sessions ?? 0) + 1,
        ...(session.open.body.offline && { energyWh: (before?.energyWh ?? 0n) + energyWh }),
        salt,
      };
      this.#spent.set(profileId, spent);
      const { book: name, mark } = exposurePlace(this.laneId, profileId, validUntilMs);
      const book = this.#exposures.get(name) ?? new ExposureBook();
      book.write(mark, spent);
      this.#exposures.set(name, book);
    }
    this.#sequence += closed.length;
  }

  /** The ways from ends to the claim that states them. */
  claimProofs(claimId: string, closed: readonly ClosedSession[]): NonNullable<SettleProofs['claims']> {
    const ordered = byNumber(closed);
    const tree = hashTree(ordered.map(({ hash }) => hash));
    return Object.fromEntries(
      ordered.map(({ body }, index) => [body.sessionId, { claimId, ...tree.pathTo(index) }]),
    );
  }

  claim(closed: readonly ClosedSession[]): LaneCall {
    const ordered = byNumber(closed);
    return {
      caller: by('USDUK', 'aaa'),
      verb: 'session.claim',
      command: {
        ...PAIR,
        laneId: this.laneId,
        root: hashTree(ordered.map(({ hash }) => hash)).root,
        count: ordered.length,
        ...numbersOf(ordered.map(({ open }) => open.number)),
      },
    };
  }
}
