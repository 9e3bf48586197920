import { randomBytes } from 'node:crypto';
import { sumSplits } from '@roamgrid/domain';
import {
  batchHeader,
  bodyHash,
  canonicalText,
  computeAmounts,
  gridInputOf,
  laneOf,
  laneParts,
  meterKeyId,
  openingProof,
  outletAt,
  packBodies,
  parseSettled,
  sealBody,
  settledText,
  settleProofs,
  type AgreementTerms,
  type BatchHeader,
  type CdrAmounts,
  type ClaimProof,
  type SettleProofs,
  hashTree,
} from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import {
  dealingOf,
  newCommandId,
  sessionCommand,
  type Formed,
  type FormContext,
  type Pair,
  type UnfitFact,
} from './command.ts';
import { bookOf, exposuresOf, readMeters, readSpent, Running, spentOf } from './effects.ts';
import { keptProfileOf, type KeptProfile } from './kept-profile.ts';
import type { SettleCandidate, SettleTurn } from './settle-facts.ts';

const newSalt = (): string => randomBytes(32).toString('hex');

/** A session of a batch that is being formed. */
interface Settling {
  readonly candidate: SettleCandidate;
  readonly text: string;
  readonly cdr: CdrAmounts;
  readonly profile: KeptProfile | undefined;
  /** Ids of the keys that the outlet's meters and its operator have had: the times of all of them are compared. */
  readonly outletKeys: readonly string[];
  readonly last: { readonly registerMilliWh: bigint; readonly salt: string };
}

/** The part of the candidates that one command can carry. */
const fitting = (candidates: readonly SettleCandidate[], maxBytes: number): readonly SettleCandidate[] => {
  let bytes = 0;
  const count = candidates.findIndex(({ payload: { openText, closeText } }) => {
    bytes += openText.length + closeText.length;
    return bytes > maxBytes;
  });
  return count === -1 ? candidates : candidates.slice(0, Math.max(1, count));
};

const settlingOf = (
  { registry }: FormContext,
  candidate: SettleCandidate,
  terms: AgreementTerms,
  laneSequence: number,
): Settling | UnfitFact => {
  const { factId, payload } = candidate;
  const text = settledText(payload.closeText, payload.openText);
  const { open, close } = parseSettled(text);
  const { quote } = open;
  const tariff = registry.tariff(quote.tariffId, quote.tariffVersion);
  if (tariff === undefined) throw new Error(`tariff ${quote.tariffId} is not in the read model`);
  const station = registry.station(quote.vun, quote.stationId);
  const outlet = station && outletAt(station, quote.evseId, open.openedAtMs);
  if (outlet === undefined) throw new Error(`outlet ${quote.evseId} is not in the read model`);
  const grid = gridInputOf(terms, payload.demand ?? []);
  const cdr = computeAmounts({
    laneSequence,
    quote,
    readings: close.readings,
    tariffJson: tariff.tariffJson,
    terms,
    endReason: close.endReason,
    ...(grid && { grid }),
  });
  if (!cdr.ok) return { factId, code: cdr.error.code, text: cdr.error.message };
  const last = close.readings.at(-1);
  if (last === undefined) throw new Error('a close body has readings');
  return {
    candidate,
    text,
    cdr: cdr.value,
    profile: keptProfileOf(laneOf(open.sessionId), open),
    outletKeys: outlet.meterKeys.map(meterKeyId),
    last: { registerMilliWh: last.registerMilliWh, salt: close.salt },
  };
};

const headerOf = (
  pair: Pair & { readonly laneId: string },
  batchId: string,
  settling: readonly Settling[],
  currency: string,
  merkleRoot: string,
  fromSequence: number,
): BatchHeader => {
  const cdrs = settling.map(({ cdr }) => cdr);
  const sum = (of: (cdr: CdrAmounts) => bigint) => cdrs.reduce((total, cdr) => total + of(cdr), 0n);
  return {
    batchId,
    ...pair,
    fromSequence,
    toSequence: fromSequence + cdrs.length - 1,
    currency,
    energyWh: sum(({ energyWh }) => energyWh),
    totalMicros: sum(({ totalMicros }) => totalMicros),
    shares: sumSplits(cdrs.map(({ shares }) => shares)),
    lastEndMs: Math.max(...cdrs.map(({ endMs }) => endMs)),
    merkleRoot,
    salt: newSalt(),
  };
};

const claimsOf = async (
  trx: Transaction<GatewayDb>,
  sessionIds: readonly string[],
): Promise<Record<string, ClaimProof>> => {
  const rows = await trx
    .selectFrom('session_claim')
    .selectAll()
    .where('session_id', 'in', sessionIds)
    .execute();
  return Object.fromEntries(
    rows.map(({ session_id, claim_id, leaf_index, size, path }) => [
      session_id,
      { claimId: claim_id, index: leaf_index, size, path: z.array(z.string()).parse(path) },
    ]),
  );
};

/**
 * Settles sessions of a lane under its next numbers. The number is given here and not at the end of charging: a session
 * whose opening is still on its way holds up nobody, and no number is lost.
 */
export const formSettle = async (
  trx: Transaction<GatewayDb>,
  context: FormContext,
  { laneId, agreementId }: SettleTurn,
  candidates: readonly SettleCandidate[],
  fromSequence: number,
): Promise<Formed> => {
  const { vun, hun, group } = laneParts(laneId);
  const pair: Pair = { vun, hun, agreementId };
  const { terms, endorsers } = dealingOf(context, pair);
  const unfit: UnfitFact[] = [];
  const settling: Settling[] = [];
  for (const candidate of fitting(candidates, context.maxBytes)) {
    const each = settlingOf(context, candidate, terms.terms, fromSequence + settling.length);
    if ('code' in each) unfit.push(each);
    else settling.push(each);
  }
  if (settling.length === 0) return { formed: undefined, unfit };

  const profiles = settling.flatMap(({ profile }) => profile ?? []);
  const books = [...new Set(profiles.map(({ book }) => book))];
  const meters = await readMeters(trx, group);
  const spent = await readSpent(trx, laneId, books);
  const before = new Map(spent.map((each) => [each.profileId, spentOf(each)]));
  const running = new Running(meters, spent);
  for (const { candidate, cdr, profile, last } of settling) {
    const { meterId, endMs } = candidate.payload;
    running.use({ meterId, endMs, ...last }, profile, cdr);
  }
  const used = new Set(settling.flatMap(({ outletKeys }) => outletKeys));
  const claims = await claimsOf(
    trx,
    settling.map(({ candidate }) => candidate.sessionId),
  );
  const proofs: SettleProofs = {
    ...(Object.keys(claims).length > 0 && { claims }),
    meterBook: bookOf(meters),
    meters: Object.fromEntries(
      meters.filter(({ meterId }) => used.has(meterId)).map(({ meterId, ...entry }) => [meterId, entry]),
    ),
    exposures: exposuresOf(books, spent),
    spent: Object.fromEntries(
      profiles.map(({ profileId }) => [profileId, before.get(profileId) ?? null] as const),
    ),
  };
  const commandId = newCommandId('settle');
  const { root } = hashTree(settling.map(({ text }) => bodyHash(text)));
  const header = sealBody(
    batchHeader,
    headerOf({ ...pair, laneId }, commandId, settling, terms.terms.currency, root, fromSequence),
  );
  return {
    unfit,
    formed: {
      commandId,
      factIds: settling.map(({ candidate }) => candidate.factId),
      effects: {
        laneId,
        nextSequence: fromSequence + settling.length,
        group,
        ...running.changed,
      },
      command: sessionCommand({
        verb: 'settle',
        commandId,
        argument: {
          ...pair,
          laneId,
          headerHash: header.hash,
          merkleRoot: root,
          fromSequence,
          count: settling.length,
        },
        transient: {
          sessions: packBodies(settling.map(({ text }) => text)),
          openings: packBodies(
            settling.map(({ candidate }) => canonicalText(openingProof, candidate.opening)),
          ),
          proofs: canonicalText(settleProofs, proofs),
          header: header.text,
          terms: terms.text,
        },
        endorsers,
      }),
    },
  };
};
