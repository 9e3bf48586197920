import type { MinorAmount } from '@roamgrid/domain';
import { dayOf, MessageFault, MessageNode } from '../iso20022/message-node.ts';
import { readXml } from '../xml/read-xml.ts';
import type { ToldAccount } from './write-account-report.ts';

/** A transfer as the bank understood it. */
export interface TakenTransfer {
  readonly instructionId: string;
  readonly endToEndId: string;
  readonly amount: MinorAmount;
  readonly payeeName: string;
  readonly payeeAccount: ToldAccount;
  readonly remittance: string;
}

export interface TakenOrder {
  readonly messageId: string;
  readonly parts: readonly {
    readonly paymentInfoId: string;
    readonly executionDate: string;
    readonly payerName: string;
    readonly payerAccount: ToldAccount;
    readonly transfers: readonly TakenTransfer[];
  }[];
}

const accountOf = (node: MessageNode): ToldAccount => {
  const id = node.one('Id');
  const iban = id.textOf('IBAN', 34);
  return iban === undefined ? { number: id.one('Othr').one('Id').text(34) } : { iban };
};

/** Sums of decimals as the bank adds them: by text, in a currency of five places that no amount exceeds. */
const FIVE_PLACES = 5;
const scaled = (node: MessageNode, text: string): bigint => {
  const [whole = '', fraction = ''] = text.split('.');
  if (!/^\d+$/.test(whole) || fraction.length > FIVE_PLACES) throw node.fault('not an amount');
  return BigInt(whole + fraction.padEnd(FIVE_PLACES, '0'));
};

interface Counted {
  readonly count: number;
  readonly sum: bigint;
}

const requireCounts = (node: MessageNode, { count, sum }: Counted): void => {
  if (node.one('NbOfTxs').text(15) !== count.toString()) throw node.fault(`there are ${count} transfers`);
  if (scaled(node, node.one('CtrlSum').text(25)) !== sum) throw node.fault('the control sum is another');
};

/** Reads an order and checks what no schema checks. @throws MessageFault */
export const readCreditTransfer = (bytes: Uint8Array): TakenOrder => {
  const document = readXml(bytes);
  if (!document.ok) throw new MessageFault(document.error.message);
  if (document.value.namespace !== 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09')
    throw new MessageFault('this bank takes pain.001.001.09');
  const body = new MessageNode(document.value).one('CstmrCdtTrfInitn');
  const header = body.one('GrpHdr');
  const all: Counted[] = [];
  const parts = body.all('PmtInf').map((part) => {
    const amounts: bigint[] = [];
    const transfers = part.all('CdtTrfTxInf').map((transfer): TakenTransfer => {
      const instructed = transfer.one('Amt').one('InstdAmt');
      amounts.push(scaled(instructed, instructed.text(25)));
      return {
        instructionId: transfer.one('PmtId').one('InstrId').text(35),
        endToEndId: transfer.one('PmtId').one('EndToEndId').text(35),
        amount: instructed.amount(),
        payeeName: transfer.one('Cdtr').one('Nm').text(140),
        payeeAccount: accountOf(transfer.one('CdtrAcct')),
        remittance: transfer.one('RmtInf').one('Ustrd').text(140),
      };
    });
    const counted = { count: transfers.length, sum: amounts.reduce((sum, each) => sum + each, 0n) };
    requireCounts(part, counted);
    all.push(counted);
    return {
      paymentInfoId: part.one('PmtInfId').text(35),
      executionDate: dayOf(part.one('ReqdExctnDt')) ?? '',
      payerName: part.one('Dbtr').one('Nm').text(140),
      payerAccount: accountOf(part.one('DbtrAcct')),
      transfers,
    };
  });
  requireCounts(header, {
    count: all.reduce((total, { count }) => total + count, 0),
    sum: all.reduce((total, { sum }) => total + sum, 0n),
  });
  return { messageId: header.one('MsgId').text(35), parts };
};
