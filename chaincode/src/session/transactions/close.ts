import {
  batchHeader,
  batchRecord,
  privateKey,
  sessionCloseBody,
  sessionOpenBody,
  stateKey,
  type BatchHeader,
  type sessionCommands,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Opened, type Verb, zip } from '../../context/index.ts';
import { requireSums } from '../batch.ts';
import { checkClosing } from '../closing.ts';
import { endSession, getSession } from '../opened-session.ts';
import { merkleRootOf } from '../merkle-root.ts';
import { Sites } from '../sites.ts';

type CloseCommand = z.output<typeof sessionCommands.close>;

const requireHeader = (command: CloseCommand, header: Opened<BatchHeader>): void => {
  const { batchId, agreementId, vun, hun, fromSequence, toSequence, merkleRoot } = header.value;
  ensure(header.hash === command.headerHash, 'HASH_MISMATCH', 'the header does not hash to headerHash');
  ensure(
    batchId === command.batchId &&
      agreementId === command.agreementId &&
      vun === command.vun &&
      hun === command.hun,
    'INVALID_ARGUMENT',
    'the header names another batch, pair or agreement',
  );
  ensure(
    fromSequence === command.fromSequence && toSequence === fromSequence + command.items.length - 1,
    'SEQUENCE_GAP',
    `the header covers numbers ${fromSequence} to ${toSequence}, the batch has ${command.items.length} from ${command.fromSequence}`,
  );
  const root = merkleRootOf(command.items.map(({ closeHash }) => closeHash));
  ensure(
    root === command.merkleRoot && root === merkleRoot,
    'HASH_MISMATCH',
    'merkleRoot is not the root over the close hashes',
  );
};

/**
 * Closes sessions with their CDRs, each computed again from what the meter signed. The batch is numbered without gaps;
 * that batches follow one another without gaps shows when they are invoiced, so closes of a pair never wait for one
 * another.
 */
export const close: Verb<typeof sessionCommands.close> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { vun, hun, agreement, endorsers } = dealing;
  requireMember(tx.caller, vun, ['station', 'aaa']);
  const terms = openTerms(tx, agreement);
  const header = tx.transient(batchHeader, 'header');
  requireHeader(command, header);
  const { items, batchId, fromSequence } = command;
  const ids = new Set(items.map(({ sessionId }) => sessionId));
  ensure(ids.size === items.length, 'CONFLICT', 'a session stands twice in the batch');
  const { bodies: closes, text } = tx.transientBodies(sessionCloseBody, 'bodies', items.length);
  const { bodies: opens } = tx.transientBodies(sessionOpenBody, 'opens', items.length);
  await tx.requireAbsent(stateKey.batch(batchId));

  const context = { tx, dealing, terms, sites: new Sites(tx) };
  await tx.prefetch(
    items.flatMap(({ sessionId }) => [stateKey.session(sessionId), stateKey.sessionEnd(sessionId)]),
  );
  const signed: { readonly hash: string; readonly what: string }[] = [];
  for (const [index, [item, [opened, closed]]] of zip(items, zip(opens, closes)).entries()) {
    const session = await getSession(tx, item.sessionId);
    const pairSequence = fromSequence + index;
    const spendHash = await checkClosing(context, {
      item,
      session,
      open: opened,
      close: closed,
      pairSequence,
    });
    if (spendHash !== undefined)
      signed.push({ hash: spendHash, what: `the meter reading of ${item.sessionId}` });
    endSession(tx, endorsers, {
      sessionId: item.sessionId,
      state: 'closed',
      closeHash: closed.hash,
      batchId,
    });
  }
  await tx.spendAll(signed);
  requireSums(
    header.value,
    closes.map(({ value }) => value.cdr),
  );
  tx.put(
    batchRecord,
    stateKey.batch(batchId),
    {
      type: 'batch',
      version: 1,
      batchId,
      vun: vun.utilityId,
      hun: hun.utilityId,
      agreementId: agreement.agreementId,
      fromSequence,
      toSequence: header.value.toSequence,
      merkleRoot: command.merkleRoot,
      headerHash: header.hash,
    },
    { endorsers },
  );
  tx.putPrivate(endorsers, privateKey.header(batchId), header.text);
  tx.putPrivate(endorsers, privateKey.batch(batchId), text);
};
