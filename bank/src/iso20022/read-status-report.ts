import { instantOf, type MessageNode } from './message-node.ts';

/** What a bank says of an order or of one transfer of it. */
export type OrderStatus = 'accepted' | 'settled' | 'rejected' | 'pending';

export interface StatusReason {
  /** A code of the published list (`AC04`: account closed), or the bank's own. */
  readonly code: string;
  readonly text: string;
}

export interface TransferStatus {
  readonly endToEndId: string | undefined;
  readonly instructionId: string | undefined;
  readonly status: OrderStatus;
  /** As the bank wrote it. */
  readonly code: string;
  readonly reasons: readonly StatusReason[];
}

/** Of the transfers of one currency, which an order has in one part. */
export interface PartStatus {
  readonly paymentInfoId: string;
  readonly status: OrderStatus;
  readonly code: string;
  readonly reasons: readonly StatusReason[];
}

/** `pain.002`: what became of one order. */
export interface StatusReport {
  readonly kind: 'status';
  readonly version: string;
  readonly messageId: string;
  readonly createdAtMs: number;
  /** Message id of the order. */
  readonly orderId: string;
  /** Of the order as a whole; undefined where only its parts or transfers have one. */
  readonly status: OrderStatus | undefined;
  readonly reasons: readonly StatusReason[];
  readonly parts: readonly PartStatus[];
  readonly transfers: readonly TransferStatus[];
  readonly unread: readonly string[];
}

/** Spec: ISO 20022 external code set, ExternalPaymentTransactionStatus1Code. */
const STATUS: Readonly<Record<string, OrderStatus>> = {
  ACTC: 'accepted',
  ACCP: 'accepted',
  ACSP: 'accepted',
  ACWC: 'accepted',
  ACWP: 'accepted',
  ACFC: 'accepted',
  ACSC: 'settled',
  ACCC: 'settled',
  RJCT: 'rejected',
  CANC: 'rejected',
  RCVD: 'pending',
  PDNG: 'pending',
  PATC: 'pending',
};

/** Some transfers are accepted, some not: those say which. */
const PARTLY = 'PART';

/** The list of codes grows: one that is not known yet decides nothing, and is kept as it was written. */
const statusFor = (code: string): OrderStatus => STATUS[code] ?? 'pending';

const reasonsOf = (node: MessageNode): readonly StatusReason[] =>
  node.all('StsRsnInf').map((information) => {
    const reason = information.maybe('Rsn');
    const code = reason?.textOf('Cd', 4) ?? reason?.textOf('Prtry', 35) ?? '';
    return {
      code,
      text: information
        .all('AddtlInf')
        .map((line) => line.text(105))
        .join(' '),
    };
  });

/** The code that something has of its own; that some of it is so and some otherwise is none. */
const codeOf = (node: MessageNode, name: string): string | undefined => {
  const code = node.textOf(name, 4);
  return code === PARTLY ? undefined : code;
};

const transferOf = (
  node: MessageNode,
  outer: string | undefined,
  outerReasons: readonly StatusReason[],
): TransferStatus => {
  const code = codeOf(node, 'TxSts') ?? outer;
  if (code === undefined) throw node.fault('no status, neither of the transfer nor of what it stands in');
  const reasons = reasonsOf(node);
  return {
    endToEndId: node.textOf('OrgnlEndToEndId', 35),
    instructionId: node.textOf('OrgnlInstrId', 35),
    status: statusFor(code),
    code,
    reasons: reasons.length > 0 ? reasons : outerReasons,
  };
};

export const readStatusReport = (body: MessageNode, version: string): Omit<StatusReport, 'unread'> => {
  const header = body.one('GrpHdr');
  const group = body.one('OrgnlGrpInfAndSts');
  group.textOf('OrgnlMsgNmId', 35);
  const groupCode = codeOf(group, 'GrpSts');
  const groupReasons = reasonsOf(group);
  const parts: PartStatus[] = [];
  const transfers: TransferStatus[] = [];
  for (const part of body.all('OrgnlPmtInfAndSts')) {
    const code = codeOf(part, 'PmtInfSts');
    const paymentInfoId = part.one('OrgnlPmtInfId').text(35);
    const reasons = reasonsOf(part);
    if (code !== undefined) parts.push({ paymentInfoId, status: statusFor(code), code, reasons });
    for (const transfer of part.all('TxInfAndSts'))
      transfers.push(transferOf(transfer, code ?? groupCode, reasons));
  }
  return {
    kind: 'status',
    version,
    messageId: header.one('MsgId').text(35),
    createdAtMs: instantOf(header.one('CreDtTm')),
    orderId: group.one('OrgnlMsgId').text(35),
    status: groupCode === undefined ? undefined : statusFor(groupCode),
    reasons: groupReasons,
    parts,
    transfers,
  };
};
