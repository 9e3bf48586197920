import {
  allocatedSlot,
  allocatedUntilRecord,
  allocationHeader,
  allocationRecord,
  hashTree,
  privateKey,
  energyMicros,
  stateKey,
  type gridCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms, putBodies, requireInForce } from '../../consortium/agreement.ts';
import { getStation, requireActive } from '../../consortium/registry.ts';
import {
  ensure,
  openAll,
  parseJson,
  requireMember,
  type Transaction,
  type Verb,
} from '../../context/index.ts';
import { requireGiven, requireSound, serverPrice, treeOf } from '../allocations.ts';

interface Span {
  readonly utilityId: string;
  readonly siteId: string;
  readonly hun?: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Takes slots that follow those that were recorded before, each once. */
const follow = async (
  tx: Transaction,
  { fromMs, ...after }: Span,
  endorsers: readonly string[],
): Promise<void> => {
  const key = stateKey.allocatedUntil(after.utilityId, after.siteId, after.hun);
  const before = await tx.find(allocatedUntilRecord, key);
  ensure(
    before === undefined || before.untilMs <= fromMs,
    'OVERLAP',
    `slots of ${after.siteId} are recorded until ${before?.untilMs ?? 0} already`,
  );
  const version = (before?.version ?? 0) + 1;
  tx.put(allocatedUntilRecord, key, { type: 'allocatedUntil', version, ...after }, { endorsers });
};

/**
 * Records how a site divided its power, slot after slot without a gap in the batch, what its servers took and what cars gave: of the
 * utility that they work for and whose cars they are, or of the site's own. No slot of a site is recorded twice.
 */
export const recordAllocations: Verb<typeof gridCommands.recordAllocations> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { vun, agreement, endorsers } = dealing;
  requireMember(tx.caller, vun, ['station', 'aaa']);
  requireActive(tx, vun);
  const { batchId, siteId, count, headerHash, merkleRoot } = command;
  await getStation(tx, vun.utilityId, siteId);
  const terms = openTerms(tx, agreement);
  await tx.requireAbsent(stateKey.allocation(batchId));
  const opened = tx.transient(allocationHeader, 'header');
  const header = opened.value;
  ensure(opened.hash === headerHash, 'HASH_MISMATCH', 'the header does not hash to headerHash');
  ensure(
    header.batchId === batchId &&
      header.agreementId === command.agreementId &&
      header.vun === command.vun &&
      header.hun === command.hun &&
      header.siteId === siteId,
    'INVALID_ARGUMENT',
    'the header names another batch, site, pair or agreement',
  );
  const { fromMs, untilMs, slotMs } = header;
  requireInForce(agreement, fromMs);
  tx.notInFuture(untilMs, 'the last slot’s end');
  ensure(
    untilMs - fromMs === count * slotMs,
    'SEQUENCE_GAP',
    `${count} slots of ${slotMs} ms are not from ${fromMs} until ${untilMs}`,
  );

  const { texts, text } = tx.transientTexts('slots', count);
  const slots = openAll(
    allocatedSlot,
    texts.map((each) => parseJson(each, 'a slot')),
    'slots',
    count,
  );
  const { root } = hashTree(slots.map(({ hash }) => hash));
  ensure(
    root === merkleRoot && header.merkleRoot === root,
    'HASH_MISMATCH',
    'merkleRoot is not the root over the slots',
  );
  const tree = treeOf(header);
  for (const [at, { value: slot }] of slots.entries()) {
    ensure(
      slot.slotMs === fromMs + at * slotMs,
      'SEQUENCE_GAP',
      `slot ${at} does not follow the one before it`,
    );
    requireSound(slot, tree, slotMs);
  }
  const serversWh = slots.reduce((sum, { value }) => sum + value.serversWh, 0n);
  ensure(header.serversWh === serversWh, 'NOT_BALANCED', `servers took ${serversWh} Wh in all`);
  ensure(header.currency === terms.currency, 'OUTSIDE_AGREEMENT', `the agreement is in ${terms.currency}`);
  const owed = energyMicros(serversWh, await serverPrice(tx, header, vun));
  ensure(header.totalMicros === owed, 'CDR_MISMATCH', `${serversWh} Wh come to ${owed} micros`);
  requireGiven(
    header,
    slots.map(({ value }) => value),
    terms,
  );

  const site = { utilityId: vun.utilityId, siteId };
  await follow(tx, { ...site, fromMs, untilMs }, [vun.mspId]);
  await follow(tx, { ...site, hun: command.hun, fromMs, untilMs }, endorsers);
  const { agreementId, vun: vunId, hun: hunId } = command;
  tx.put(
    allocationRecord,
    stateKey.allocation(batchId),
    {
      type: 'allocation',
      version: 1,
      ...{ batchId, agreementId, siteId, headerHash, merkleRoot, fromMs, untilMs },
      vun: vunId,
      hun: hunId,
      slots: count,
      recordedAtMs: tx.nowMs,
    },
    { endorsers },
  );
  putBodies(tx, dealing, [
    [privateKey.allocation(batchId), opened.text],
    [privateKey.allocatedSlots(batchId), text],
  ]);
};
