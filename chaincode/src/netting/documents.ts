import { chargeRecord, creditRecord, invoiceRecord, stateKey } from '@roamgrid/wire';
import type { z } from 'zod';
import { refuse, type Transaction } from '../context/index.ts';

/**
 * Kinds of documents that say what one utility owes another. Each has `state`, `version`, `payableHash` and `nettingId`, and
 * says with `accepted` that both agree on it.
 */
const KINDS = {
  invoice: { schema: invoiceRecord, keyOf: stateKey.invoice },
  credit: { schema: creditRecord, keyOf: stateKey.credit },
  charge: { schema: chargeRecord, keyOf: stateKey.charge },
} as const;

type Kind = keyof typeof KINDS;
type DocumentRecord = z.output<(typeof KINDS)[Kind]['schema']>;

export interface DueDocument {
  readonly document: string;
  readonly record: DocumentRecord;
}

const kindOf = (document: string): { readonly kind: Kind; readonly id: string } => {
  const [kind = '', id = ''] = document.split(':');
  if (!Object.hasOwn(KINDS, kind))
    return refuse('INVALID_ARGUMENT', `${document} is no document that is netted`);
  return { kind: kind as Kind, id };
};

export const readDocument = async (tx: Transaction, document: string): Promise<DueDocument> => {
  const { kind, id } = kindOf(document);
  const { schema, keyOf } = KINDS[kind];
  return { document, record: await tx.get(schema, keyOf(id)) };
};

/** Marks a document as netted in a round; taken back by a recast and netted again, it says where it is now. */
export const markNetted = (tx: Transaction, { document, record }: DueDocument, nettingId: string): void => {
  const { kind, id } = kindOf(document);
  const { schema, keyOf } = KINDS[kind];
  tx.put(schema, keyOf(id), { ...record, version: record.version + 1, state: 'netted', nettingId });
};

/** Whether nobody owes it any more. */
export const isOver = ({ record }: DueDocument): boolean => record.state === 'cancelled';
