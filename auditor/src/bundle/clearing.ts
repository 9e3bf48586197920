import { textOf } from '../bytes.ts';
import type { Version } from '../fabric/rwset.ts';
import { hold } from '../failure.ts';
import { parseCanonical, type Json, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { readShares } from '../session/terms.ts';
import type { Record as ChargeRecord } from '../rating/record.ts';
import { hashOf, type Header } from '../session/verify.ts';
import { keyOf, type Batch } from '../session/records.ts';
import { amount, exactly, list, object, text, whole } from '../shape.ts';
import { requireDispute, type Decided } from './dispute.ts';
import type { ProvenBlocks } from './proven-blocks.ts';

/**
 * From the batch to the money: the invoice that takes it, and each step of what became of that. Records of clearing are read
 * by what they name, not by their kind: a record belongs here when it names the invoice, or a record that does.
 */

/** Where records of clearing stand now, as far as the bundle leads. */
export type States = ReadonlyMap<string, string>;

/** What became of the invoice and of the session's record on it. */
export interface Clearing {
  readonly states: States;
  /** Nothing of a record that was not disputed, or is still. */
  readonly decided: Decided | undefined;
}

export const readVersion = (value: Json, what: string): Version => {
  const { block, tx } = exactly(value, what, ['block', 'tx']);
  return { block: whole(block, what), tx: whole(tx, what) };
};

const names = (value: Json, ids: ReadonlySet<string>): boolean => {
  if (typeof value === 'string') return ids.has(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((each: Json) => names(each, ids));
};

/** That positions, where a record states them, come to nothing together. */
const requireBalanced = (record: JsonObject, key: string): void => {
  if (record['positions'] === undefined) return;
  const sum = list(record['positions'], 'positions').reduce<bigint>(
    (before, each) => before + amount(object(each, 'a position')['netMicros'], 'a position'),
    0n,
  );
  hold(sum === 0n, `the positions of ${key} do not come to nothing`);
};

const requireBody = (body: string, batch: Batch, header: Header, laneSequence: number): string => {
  const invoice = object(parseCanonical(body, 'the invoice'), 'the invoice');
  const batchIds = list(invoice['batchIds'], 'the invoice’s batches');
  const from = whole(invoice['fromSequence'], 'the invoice’s first number');
  const to = whole(invoice['toSequence'], 'the invoice’s last number');
  hold(
    batchIds.includes(batch.batchId) &&
      from <= laneSequence &&
      laneSequence <= to &&
      invoice['laneId'] === batch.laneId &&
      invoice['agreementId'] === batch.agreementId &&
      invoice['vun'] === batch.vun &&
      invoice['hun'] === batch.hun,
    'the invoice does not take the session’s batch',
  );
  const shares = readShares(invoice['shares'], 'the invoice’s shares');
  const totalMicros = amount(invoice['totalMicros'], 'the invoice’s total');
  const sum = shares.hun + shares.vun + shares.infrastructure + shares.driver;
  hold(sum === totalMicros, 'the invoice’s shares are not its total');
  hold(
    amount(invoice['payableMicros'], 'what is payable') === shares.vun + shares.infrastructure,
    'what is payable is not the shares of the visited side',
  );
  const isWhole = batchIds.length === 1;
  hold(
    isWhole ? totalMicros === header.totalMicros : totalMicros >= header.totalMicros,
    'the invoice comes to less than its batch',
  );
  return text(invoice['invoiceId'], 'the invoice’s id');
};

export interface ClearingGround {
  readonly primitives: Primitives;
  readonly blocks: ProvenBlocks;
  readonly batch: Batch;
  readonly header: Header;
  readonly laneSequence: number;
  readonly sessionId: string;
  readonly session: ChargeRecord;
  /** Hash of the settled text, under the batch's root. */
  readonly leaf: string;
  /** Organisations that must have endorsed the invoice. */
  readonly parties: readonly string[];
}

/** @throws Failed, Unreadable */
export const verifyClearing = async (value: Json, ground: ClearingGround): Promise<Clearing> => {
  const { primitives, blocks, batch, header, laneSequence, parties } = ground;
  const told = exactly(value, 'the clearing', ['body', 'steps'], ['dispute']);
  const body = text(told['body'], 'the invoice');
  const invoiceId = requireBody(body, batch, header, laneSequence);
  const own = keyOf.invoice(invoiceId);
  const family = new Set([invoiceId]);
  const records = new Map<string, JsonObject>();
  let before: Version = { block: -1, tx: 0 };
  for (const [index, each] of list(told['steps'], 'the steps').entries()) {
    const at = readVersion(each, 'a step');
    hold(
      at.block > before.block || (at.block === before.block && at.tx > before.tx),
      'the steps do not ascend',
    );
    before = at;
    const transaction = await blocks.transaction(at);
    let isOfThis = false;
    for (const { key, value: written } of transaction.own?.writes ?? []) {
      if (written === undefined || !/^[\w]+:/.test(key) || key.startsWith('command:')) continue;
      const record = object(parseCanonical(textOf(written), key), key);
      if (key !== own && !names(record, family)) continue;
      isOfThis = true;
      records.set(key, record);
      // The netting that takes the invoice is named by it, and names it no more itself.
      // What a dispute led to is netted by itself.
      const isAgain = record['supplementTo'] === invoiceId;
      const isNote = key.startsWith('credit:');
      if (isAgain) family.add(text(record['invoiceId'], key));
      if (isNote) family.add(text(record['creditId'], key));
      if ((key === own || isAgain || isNote) && typeof record['nettingId'] === 'string')
        family.add(record['nettingId']);
      requireBalanced(record, key);
    }
    hold(isOfThis, `the transaction ${at.tx} of block ${at.block} is no step of this invoice`);
    if (index === 0)
      for (const party of parties)
        hold(transaction.endorsers.has(party), `the invoice is not endorsed by ${party}`);
  }
  const invoice = records.get(own);
  hold(invoice !== undefined, 'no step issues the invoice');
  hold(
    invoice['bodyHash'] === hashOf(primitives, body),
    'the invoice does not hash to what the ledger holds',
  );
  const dispute = records.get(keyOf.dispute(hashOf(primitives, `dispute ${ground.leaf}`)));
  hold(
    (dispute === undefined) === (told['dispute'] === undefined),
    'the record was disputed, or was not, otherwise than told',
  );
  let decided: Decided | undefined;
  if (dispute !== undefined) {
    const { supplementId, creditId } = dispute;
    const supplement =
      supplementId === undefined ? undefined : records.get(keyOf.invoice(text(supplementId, 'an invoice')));
    const credit = creditId === undefined ? undefined : records.get(keyOf.credit(text(creditId, 'a note')));
    decided = requireDispute(ground, { record: dispute, told: told['dispute'], supplement, credit });
  }
  const states = new Map(
    [...records].flatMap(([key, record]) =>
      typeof record['state'] === 'string' ? [[key, record['state']] as const] : [],
    ),
  );
  return { states, decided };
};
