import {
  hashTree,
  houseBatchRecord,
  houseBody,
  houseChainRecord,
  houseEntry,
  houseHeader,
  privateKey,
  stateKey,
  type gridCommands,
  type HouseHeader,
  type HouseRecord,
} from '@roamgrid/wire';
import { getDealing, putBodies, requireInForce } from '../../consortium/agreement.ts';
import { requireActive } from '../../consortium/registry.ts';
import { ensure, openAll, parseJson, type Transaction, type Verb } from '../../context/index.ts';
import { getHouse, requireEntries, requireSeal, requireTeller } from '../houses.ts';

/** Takes the next batch of a house: by number, by the hash of the one before, and by time. */
const follow = async (
  tx: Transaction,
  { houseRef, number, previousHash, fromMs, untilMs }: HouseHeader,
  headerHash: string,
  house: HouseRecord,
  endorsers: readonly string[],
): Promise<void> => {
  const key = stateKey.houseChain(houseRef);
  const before = await tx.find(houseChainRecord, key);
  ensure(
    number === (before?.number ?? 0) + 1,
    'SEQUENCE_GAP',
    `batch ${number} does not follow batch ${before?.number ?? 0} of the house`,
  );
  ensure(
    previousHash === before?.headerHash,
    'HASH_MISMATCH',
    `previousHash is not that of batch ${before?.number ?? 0}: ${before?.headerHash ?? 'there is none before the first'}`,
  );
  ensure(
    fromMs < untilMs && (before === undefined ? house.fromMs <= fromMs : before.untilMs === fromMs),
    'OVERLAP',
    `the batch begins at ${fromMs}, the house is recorded until ${before?.untilMs ?? house.fromMs}`,
  );
  const version = (before?.version ?? 0) + 1;
  tx.put(
    houseChainRecord,
    key,
    { type: 'houseChain', version, houseRef, number, headerHash, untilMs },
    { endorsers },
  );
};

/**
 * Records what a house's panel did and measured, signed by the panel: events with their reasons, states of charge, the grid's demand
 * and metered flows. Each batch begins where the one before it ended, and both parties of the house endorse it.
 */
export const recordHouse: Verb<typeof gridCommands.recordHouse> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { agreement, endorsers } = dealing;
  requireActive(tx, requireTeller(tx, dealing));
  const { houseRef, number, headerHash, merkleRoot, count } = command;
  const house = await getHouse(tx, command);
  const body = tx.transient(houseBody, 'house');
  ensure(body.hash === house.bodyHash, 'HASH_MISMATCH', 'house is not the body that the house has');
  const opened = tx.transient(houseHeader, 'header');
  const header = opened.value;
  ensure(opened.hash === headerHash, 'HASH_MISMATCH', 'the header does not hash to headerHash');
  ensure(
    header.houseRef === houseRef && header.number === number && header.previousHash === command.previousHash,
    'INVALID_ARGUMENT',
    'the header names another house, number or batch before it',
  );
  requireInForce(agreement, header.fromMs);
  ensure(header.untilMs <= house.untilMs, 'EXPIRED', `the house’s pseudonym ended at ${house.untilMs}`);
  tx.notInFuture(header.untilMs, 'the batch’s end');
  await requireSeal(command, house, header.untilMs);

  const { texts, text } = tx.transientTexts('entries', count);
  const entries = openAll(
    houseEntry,
    texts.map((each) => parseJson(each, 'an entry')),
    'entries',
    count,
  );
  const { root } = hashTree(entries.map(({ hash }) => hash));
  ensure(
    root === merkleRoot && header.merkleRoot === root,
    'HASH_MISMATCH',
    'merkleRoot is not the root over the entries',
  );
  requireEntries(
    entries.map(({ value }) => value),
    header,
    body.value,
  );

  await follow(tx, header, headerHash, house, endorsers);
  const { agreementId, vun, hun, previousHash, seal } = command;
  tx.put(
    houseBatchRecord,
    stateKey.houseBatch(houseRef, number),
    {
      type: 'houseBatch',
      version: 1,
      ...{ houseRef, number, headerHash, merkleRoot, seal, agreementId, vun, hun },
      ...(previousHash !== undefined && { previousHash }),
      ...{ entries: count, fromMs: header.fromMs, untilMs: header.untilMs },
      recordedAtMs: tx.nowMs,
    },
    { endorsers },
  );
  putBodies(tx, dealing, [
    [privateKey.houseBatch(houseRef, number), opened.text],
    [privateKey.houseEntries(houseRef, number), text],
  ]);
};
