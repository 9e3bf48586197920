import { formatMinor, type MinorAmount } from '@roamgrid/domain';
import { writeXml, type XmlNode } from '../xml/write-xml.ts';

/** One booking as a bank tells it. */
export interface ToldEntry {
  /** The bank's own reference; some banks give none. */
  readonly bankReference?: string;
  readonly direction: 'credit' | 'debit';
  readonly isReversal: boolean;
  readonly status: 'BOOK' | 'PDNG';
  readonly amount: MinorAmount;
  readonly day: string;
  readonly endToEndId?: string;
  readonly payer: ToldParty;
  readonly payee: ToldParty;
  readonly remittance?: string;
  readonly returnReason?: string;
}

interface ToldParty {
  readonly name: string;
  readonly account: ToldAccount;
}

export type ToldAccount = { readonly iban: string } | { readonly number: string };

export interface ToldReport {
  readonly kind: 'camt.053' | 'camt.054';
  /** Banks answer in the version that they were last changed to. */
  readonly version: '02' | '08';
  readonly messageId: string;
  readonly createdAtMs: number;
  readonly account: ToldAccount;
  readonly currency: string;
  readonly entries: readonly ToldEntry[];
  /** Of a statement. */
  readonly balances?: { readonly opening: MinorAmount; readonly closing: MinorAmount };
}

const accountNode = (account: ToldAccount): XmlNode => [
  'Id',
  'iban' in account ? [['IBAN', account.iban]] : [['Othr', [['Id', account.number]]]],
];

/** The name stands one level deeper since a party may be a bank. */
const partyNode = (name: 'Dbtr' | 'Cdtr', text: string, version: ToldReport['version']): XmlNode => [
  name,
  version === '02' ? [['Nm', text]] : [['Pty', [['Nm', text]]]],
];

const balanceNode = (code: 'OPBD' | 'CLBD', { currency, minor }: MinorAmount, day: string): XmlNode => [
  'Bal',
  [
    ['Tp', [['CdOrPrtry', [['Cd', code]]]]],
    ['Amt', formatMinor({ currency, minor: minor < 0n ? -minor : minor }), { Ccy: currency }],
    ['CdtDbtInd', minor < 0n ? 'DBIT' : 'CRDT'],
    ['Dt', [['Dt', day]]],
  ],
];

const entryNode = (entry: ToldEntry, at: number, version: ToldReport['version']): XmlNode => [
  'Ntry',
  [
    ['NtryRef', (at + 1).toString()],
    ['Amt', formatMinor(entry.amount), { Ccy: entry.amount.currency }],
    ['CdtDbtInd', entry.direction === 'credit' ? 'CRDT' : 'DBIT'],
    entry.isReversal ? ['RvslInd', 'true'] : undefined,
    ['Sts', version === '02' ? entry.status : [['Cd', entry.status]]],
    ['BookgDt', [['Dt', entry.day]]],
    ['ValDt', [['Dt', entry.day]]],
    entry.bankReference === undefined ? undefined : ['AcctSvcrRef', entry.bankReference],
    ['BkTxCd', [['Prtry', [['Cd', 'TRF']]]]],
    [
      'NtryDtls',
      [
        [
          'TxDtls',
          [
            ['Refs', [['EndToEndId', entry.endToEndId ?? 'NOTPROVIDED']]],
            ...(version === '02'
              ? []
              : ([
                  ['Amt', formatMinor(entry.amount), { Ccy: entry.amount.currency }],
                  ['CdtDbtInd', entry.direction === 'credit' ? 'CRDT' : 'DBIT'],
                ] satisfies XmlNode[])),
            [
              'RltdPties',
              [
                partyNode('Dbtr', entry.payer.name, version),
                ['DbtrAcct', [accountNode(entry.payer.account)]],
                partyNode('Cdtr', entry.payee.name, version),
                ['CdtrAcct', [accountNode(entry.payee.account)]],
              ],
            ],
            entry.remittance === undefined ? undefined : ['RmtInf', [['Ustrd', entry.remittance]]],
            entry.returnReason === undefined
              ? undefined
              : ['RtrInf', [['Rsn', [['Cd', entry.returnReason]]]]],
          ],
        ],
      ],
    ],
  ],
];

/** A notification of single bookings, or the statement of a day. */
export const writeAccountReport = (told: ToldReport): string => {
  const { kind, version, messageId, createdAtMs, account, currency, entries, balances } = told;
  const createdAt = new Date(createdAtMs).toISOString();
  const day = createdAt.slice(0, 10);
  const [body, report] =
    kind === 'camt.053'
      ? (['BkToCstmrStmt', 'Stmt'] as const)
      : (['BkToCstmrDbtCdtNtfctn', 'Ntfctn'] as const);
  return writeXml([
    'Document',
    [
      [
        body,
        [
          [
            'GrpHdr',
            [
              ['MsgId', messageId],
              ['CreDtTm', createdAt],
            ],
          ],
          [
            report,
            [
              ['Id', `${messageId}-1`],
              ['CreDtTm', createdAt],
              ['Acct', [accountNode(account), ['Ccy', currency]]],
              balances && balanceNode('OPBD', balances.opening, day),
              balances && balanceNode('CLBD', balances.closing, day),
              ...entries.map((entry, at) => entryNode(entry, at, version)),
            ],
          ],
        ],
      ],
    ],
    { xmlns: `urn:iso:std:iso:20022:tech:xsd:${kind}.001.${version}` },
  ]);
};
