import { formatMinor, minorUnitPlaces, formatDecimal, type MinorAmount } from '@roamgrid/domain';
import { isBankId } from './bank-text.ts';
import { writeXml, type XmlNode } from '../xml/write-xml.ts';
import type { AccountHolder, BankAccount, BankAgent } from './parties.ts';

/** One transfer of an order. */
export interface CreditTransfer {
  /** The order's own name for it. */
  readonly instructionId: string;
  /** Goes with the money to the payee. */
  readonly endToEndId: string;
  readonly amount: MinorAmount;
  readonly creditor: AccountHolder;
  readonly remittance: string;
}

/** Who bears the banks' charges: the payer, so that the whole amount arrives, or each his own where SEPA asks for it. */
export type ChargeBearer = 'DEBT' | 'SLEV';

export interface CreditTransferOrder {
  readonly messageId: string;
  readonly createdAtMs: number;
  readonly debtor: AccountHolder;
  readonly chargeBearer: ChargeBearer;
  /** Day on which the bank takes the money, `2026-08-03`. */
  readonly executionDate: string;
  readonly transfers: readonly CreditTransfer[];
}

/** Namespace of what is ordered. Spec: ISO 20022 CustomerCreditTransferInitiationV09. */
export const CREDIT_TRANSFER = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09';

/** Of a decimal with 18 digits. Spec: ISO 20022 ActiveOrHistoricCurrencyAndAmount. */
const MAX_DIGITS = 18;
const MAX_REMITTANCE = 140;

const accountNode = (account: BankAccount, currency?: string): readonly (XmlNode | undefined)[] => [
  ['Id', 'iban' in account ? [['IBAN', account.iban]] : [['Othr', [['Id', account.number]]]]],
  currency === undefined ? undefined : ['Ccy', currency],
];

const agentNode = (agent: BankAgent): readonly XmlNode[] => [
  [
    'FinInstnId',
    'bic' in agent
      ? [['BICFI', agent.bic]]
      : [
          [
            'ClrSysMmbId',
            [
              ['ClrSysId', [['Cd', agent.clearingSystem]]],
              ['MmbId', agent.memberId],
            ],
          ],
        ],
  ],
];

/** Amounts added as numbers, whatever their currencies: a sum that finds a line that got lost. Spec: Group Header, ControlSum. */
export const controlSum = (amounts: readonly MinorAmount[]): string => {
  const places = Math.max(0, ...amounts.map(({ currency }) => minorUnitPlaces(currency)));
  const sum = amounts.reduce(
    (total, { currency, minor }) => total + minor * 10n ** BigInt(places - minorUnitPlaces(currency)),
    0n,
  );
  return formatDecimal(sum, places, places);
};

/** The bank answers a part of an order by this name. */
const paymentInfoId = ({ messageId }: CreditTransferOrder, at: number): string => `${messageId}-${at + 1}`;

const requireOrder = (order: CreditTransferOrder): void => {
  const { transfers } = order;
  if (transfers.length === 0) throw new Error('an order has a transfer');
  const ids = [
    order.messageId,
    paymentInfoId(order, transfers.length),
    ...transfers.flatMap((each) => [each.instructionId, each.endToEndId]),
  ];
  for (const id of ids)
    if (!isBankId(id)) throw new Error(`${JSON.stringify(id)} is no id that banks pass on`);
  const instructions = new Set(transfers.map(({ instructionId }) => instructionId));
  if (instructions.size !== transfers.length)
    throw new Error('two transfers of an order have one instruction id');
  for (const { amount, remittance } of transfers) {
    if (amount.minor <= 0n) throw new Error('a transfer is over more than nothing');
    if (amount.minor.toString().length > MAX_DIGITS) throw new Error('an amount has at most 18 digits');
    if (remittance.length > MAX_REMITTANCE)
      throw new Error(`a remittance text has at most ${MAX_REMITTANCE} characters`);
  }
};

/** The transfers of one currency: the account is debited in one. */
const paymentNode = (order: CreditTransferOrder, currency: string, at: number): XmlNode => {
  const transfers = order.transfers.filter(({ amount }) => amount.currency === currency);
  const { debtor } = order;
  return [
    'PmtInf',
    [
      ['PmtInfId', paymentInfoId(order, at)],
      ['PmtMtd', 'TRF'],
      ['NbOfTxs', transfers.length.toString()],
      ['CtrlSum', controlSum(transfers.map(({ amount }) => amount))],
      ['ReqdExctnDt', [['Dt', order.executionDate]]],
      ['Dbtr', [['Nm', debtor.name]]],
      ['DbtrAcct', accountNode(debtor.account, currency)],
      ['DbtrAgt', agentNode(debtor.agent)],
      ['ChrgBr', order.chargeBearer],
      ...transfers.map(({ instructionId, endToEndId, amount, creditor, remittance }): XmlNode => [
        'CdtTrfTxInf',
        [
          [
            'PmtId',
            [
              ['InstrId', instructionId],
              ['EndToEndId', endToEndId],
            ],
          ],
          ['Amt', [['InstdAmt', formatMinor(amount), { Ccy: amount.currency }]]],
          ['CdtrAgt', agentNode(creditor.agent)],
          ['Cdtr', [['Nm', creditor.name]]],
          ['CdtrAcct', accountNode(creditor.account)],
          ['RmtInf', [['Ustrd', remittance]]],
        ],
      ]),
    ],
  ];
};

/**
 * The order as a bank takes it, `pain.001.001.09`. What the schema does not check, it holds all the same: counts and control
 * sums of the file and of each currency, amounts with the currency's own places, ids that banks pass on.
 */
export const writeCreditTransfer = (order: CreditTransferOrder): string => {
  requireOrder(order);
  const { messageId, createdAtMs, debtor, transfers } = order;
  const currencies = [...new Set(transfers.map(({ amount }) => amount.currency))];
  return writeXml([
    'Document',
    [
      [
        'CstmrCdtTrfInitn',
        [
          [
            'GrpHdr',
            [
              ['MsgId', messageId],
              ['CreDtTm', new Date(createdAtMs).toISOString()],
              ['NbOfTxs', transfers.length.toString()],
              ['CtrlSum', controlSum(transfers.map(({ amount }) => amount))],
              ['InitgPty', [['Nm', debtor.name]]],
            ],
          ],
          ...currencies.map((currency, at) => paymentNode(order, currency, at)),
        ],
      ],
    ],
    { xmlns: CREDIT_TRANSFER },
  ]);
};
