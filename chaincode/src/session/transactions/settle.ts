import {
  batchHeader,
  batchRecord,
  bodyHash,
  hashTree,
  laneParts,
  privateKey,
  settleProofs,
  stateKey,
  type BatchHeader,
  type CdrAmounts,
  type sessionCommands,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { getDealing, openTerms, putBodies } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Opened, type Verb } from '../../context/index.ts';
import { requireSums } from '../batch.ts';
import { Claims } from '../claims.ts';
import { Exposures } from '../exposure.ts';
import { endNumbers, requireLane } from '../lanes.ts';
import { MeterRegister } from '../meter-register.ts';
import { Openings } from '../openings.ts';
import { prefetchSettle } from '../prefetch.ts';
import { numberOf, readProof, readSettled, settleSession, type SettlingContext } from '../settling.ts';
import { Sites } from '../sites.ts';

type SettleCommand = z.output<typeof sessionCommands.settle>;

const requireHeader = (
  command: SettleCommand,
  header: Opened<BatchHeader>,
  hashes: readonly string[],
): void => {
  const { batchId, agreementId, laneId, vun, hun, fromSequence, toSequence, merkleRoot } = header.value;
  ensure(header.hash === command.headerHash, 'HASH_MISMATCH', 'the header does not hash to headerHash');
  ensure(
    batchId === command.commandId &&
      agreementId === command.agreementId &&
      laneId === command.laneId &&
      vun === command.vun &&
      hun === command.hun,
    'INVALID_ARGUMENT',
    'the header names another batch, lane, pair or agreement',
  );
  ensure(
    fromSequence === command.fromSequence && toSequence === fromSequence + command.count - 1,
    'SEQUENCE_GAP',
    `the header covers numbers ${fromSequence} to ${toSequence}, the batch has ${command.count} from ${command.fromSequence}`,
  );
  const { root } = hashTree(hashes);
  ensure(
    root === command.merkleRoot && root === merkleRoot,
    'HASH_MISMATCH',
    'merkleRoot is not the root over the settled sessions',
  );
};

/**
 * Closes sessions: opening, consent, evidence, metering, price, cap, times, exposure and registers of each are checked
 * by both endorsers, its record's amounts are computed here, and its number ends for ever. The records of a lane are numbered
 * without gaps; that batches follow one another without gaps shows when they are invoiced.
 */
export const settle: Verb<typeof sessionCommands.settle> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { vun, hun, agreement, endorsers } = dealing;
  requireMember(tx.caller, vun, ['station', 'aaa']);
  const { laneId: lane, commandId: batchId, fromSequence, count } = command;
  requireLane(dealing, lane);
  const terms = openTerms(tx, agreement);
  const header = tx.transient(batchHeader, 'header');
  const { texts, text: packed } = tx.transientTexts('sessions', count);
  const { texts: ways, text: packedWays } = tx.transientTexts('openings', count);
  const proofs = tx.transientValue(settleProofs, 'proofs');
  requireHeader(command, header, texts.map(bodyHash));
  await tx.requireAbsent(stateKey.batch(batchId));

  const sessions = texts.map((text, index) => {
    const settled = readSettled(text, index);
    return {
      settled,
      number: numberOf({ lane }, settled.open.sessionId),
      proof: readProof(ways[index] ?? '', index),
    };
  });
  ensure(
    new Set(sessions.map(({ number }) => number)).size === count,
    'CONFLICT',
    'a session stands twice in the batch',
  );
  await prefetchSettle(tx, lane, sessions, proofs);
  const { group } = laneParts(lane);
  const context: SettlingContext = {
    tx,
    lane,
    dealing,
    terms,
    sites: new Sites(tx),
    openings: new Openings(tx, lane, agreement.agreementId),
    claims: await Claims.read(tx, lane, proofs),
    meters: await MeterRegister.open(tx, vun.utilityId, group, proofs),
    exposures: new Exposures(tx, lane, proofs, terms.revocationGraceMs),
  };
  const cdrs: CdrAmounts[] = [];
  for (const [index, session] of sessions.entries()) {
    cdrs.push(await settleSession(context, session, fromSequence + index));
  }
  requireSums(header.value, cdrs);
  await endNumbers(
    tx,
    endorsers,
    lane,
    sessions.map(({ number }) => number),
    'closed',
  );
  context.meters.store(tx);
  context.exposures.store();
  tx.put(
    batchRecord,
    stateKey.batch(batchId),
    {
      type: 'batch',
      version: 1,
      batchId,
      laneId: lane,
      vun: vun.utilityId,
      hun: hun.utilityId,
      agreementId: agreement.agreementId,
      fromSequence,
      toSequence: header.value.toSequence,
      merkleRoot: command.merkleRoot,
      headerHash: header.hash,
      atMs: tx.nowMs,
    },
    { endorsers },
  );
  putBodies(tx, dealing, [
    [privateKey.header(batchId), header.text],
    [privateKey.batch(batchId), packed],
    [privateKey.openings(batchId), packedWays],
  ]);
};
