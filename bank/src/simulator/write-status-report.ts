import { writeXml, type XmlNode } from '../xml/write-xml.ts';

/** What a bank answers to an order, `pain.002`. Written apart from what reads it, so that one mistake does not hide another. */
export interface ToldStatus {
  readonly version: '03' | '12';
  readonly messageId: string;
  readonly createdAtMs: number;
  readonly orderId: string;
  readonly groupStatus?: string;
  readonly reason?: ToldReason;
  readonly parts: readonly {
    readonly paymentInfoId: string;
    readonly status?: string;
    readonly reason?: ToldReason;
    readonly transfers: readonly {
      readonly instructionId: string;
      readonly endToEndId: string;
      readonly status: string;
      readonly reason?: ToldReason;
    }[];
  }[];
}

export interface ToldReason {
  readonly code: string;
  readonly text: string;
}

const optional = (name: string, text: string | undefined): XmlNode | undefined =>
  text === undefined ? undefined : [name, text];

const reasonNode = (reason: ToldReason | undefined): XmlNode | undefined =>
  reason === undefined
    ? undefined
    : [
        'StsRsnInf',
        [
          ['Rsn', [['Cd', reason.code]]],
          ['AddtlInf', reason.text],
        ],
      ];

export const writeStatusReport = (told: ToldStatus): string =>
  writeXml([
    'Document',
    [
      [
        'CstmrPmtStsRpt',
        [
          [
            'GrpHdr',
            [
              ['MsgId', told.messageId],
              ['CreDtTm', new Date(told.createdAtMs).toISOString()],
            ],
          ],
          [
            'OrgnlGrpInfAndSts',
            [
              ['OrgnlMsgId', told.orderId],
              ['OrgnlMsgNmId', 'pain.001.001.09'],
              optional('GrpSts', told.groupStatus),
              reasonNode(told.reason),
            ],
          ],
          ...told.parts.map((part): XmlNode => [
            'OrgnlPmtInfAndSts',
            [
              ['OrgnlPmtInfId', part.paymentInfoId],
              optional('PmtInfSts', part.status),
              reasonNode(part.reason),
              ...part.transfers.map((transfer): XmlNode => [
                'TxInfAndSts',
                [
                  ['OrgnlInstrId', transfer.instructionId],
                  ['OrgnlEndToEndId', transfer.endToEndId],
                  ['TxSts', transfer.status],
                  reasonNode(transfer.reason),
                ],
              ]),
            ],
          ]),
        ],
      ],
    ],
    { xmlns: `urn:iso:std:iso:20022:tech:xsd:pain.002.001.${told.version}` },
  ]);
