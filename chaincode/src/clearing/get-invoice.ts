import { invoiceRecord, stateKey, type InvoiceRecord } from '@roamgrid/wire';
import type { Transaction } from '../context/index.ts';

export const getInvoice = (tx: Transaction, invoiceId: string): Promise<InvoiceRecord> =>
  tx.get(invoiceRecord, stateKey.invoice(invoiceId));
