import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import { writeAccountReport, type ToldEntry, type ToldReport } from '../simulator/write-account-report.ts';
import { writeStatusReport } from '../simulator/write-status-report.ts';
import { amount } from '../testing/holders.ts';
import { readMessage, type BankMessage } from './read-message.ts';
import type { AccountReport } from './read-statement.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string): BankMessage => unwrap(readMessage(bytes(text)));
const refusal = (text: string): string => {
  const message = readMessage(bytes(text));
  return message.ok ? 'taken' : `${message.error.code}: ${message.error.message}`;
};
const movementsIn = (text: string): AccountReport['accounts'][number]['movements'] => {
  const message = read(text);
  assert.ok(message.kind === 'account');
  return message.accounts.flatMap(({ movements }) => movements);
};

const entry: ToldEntry = {
  bankReference: 'B-1',
  direction: 'credit',
  isReversal: false,
  status: 'BOOK',
  amount: amount('USD', 1_860_012n),
  day: '2026-08-04',
  endToEndId: 'E-1',
  payer: { name: 'Alabama Power', account: { number: '000111222333' } },
  payee: { name: 'Duke Energy', account: { number: '000444555666' } },
  remittance: 'Roaming 2026-07',
};
const report = (entries: readonly ToldEntry[], more: Partial<ToldReport> = {}): string =>
  writeAccountReport({
    kind: 'camt.054',
    version: '08',
    messageId: 'M-1',
    createdAtMs: Date.UTC(2026, 7, 4, 12),
    account: { number: '000-444 555666' },
    currency: 'USD',
    entries,
    ...more,
  });

/** A statement that another bank could have written: one entry of several transfers, and parts that nobody here reads. */
const batch = (first: string, second: string, more = ''): string =>
  report([entry]).replace(
    /<TxDtls>[\s\S]*<\/TxDtls>/,
    `<Btch><NbOfTxs>2</NbOfTxs></Btch>${more}
     <TxDtls><Refs><EndToEndId>E-1</EndToEndId></Refs>${first}</TxDtls>
     <TxDtls><Refs><AcctSvcrRef>T-2</AcctSvcrRef><EndToEndId>E-2</EndToEndId></Refs>${second}</TxDtls>`,
  );
const usd = (text: string): string => `<Amt Ccy="USD">${text}</Amt><CdtDbtInd>CRDT</CdtDbtInd>`;

describe('what a bank tells of accounts', () => {
  for (const version of ['02', '08'] as const)
    for (const kind of ['camt.053', 'camt.054'] as const)
      it(`is read from ${kind} version ${version}, down to who paid`, () => {
        assert.deepEqual(read(report([entry], { version, kind })), {
          kind: 'account',
          source: kind === 'camt.053' ? 'statement' : 'notification',
          version,
          messageId: 'M-1',
          createdAtMs: Date.UTC(2026, 7, 4, 12),
          accounts: [
            {
              account: '000444555666',
              reportId: 'M-1-1',
              movements: [
                {
                  bankReference: 'B-1',
                  direction: 'credit',
                  isReversal: false,
                  status: 'booked',
                  amount: amount('USD', 1_860_012n),
                  bookedOn: '2026-08-04',
                  valuedOn: '2026-08-04',
                  endToEndId: 'E-1',
                  instructionId: undefined,
                  counterparty: { name: 'Alabama Power', account: '000111222333' },
                  remittance: 'Roaming 2026-07',
                  returnReason: undefined,
                  isUnsplit: false,
                },
              ],
            },
          ],
          unread: (read(report([entry], { version, kind })) as AccountReport).unread,
        });
      });

  it('says what is taken back, and names who had paid it', () => {
    const [back] = movementsIn(
      report([{ ...entry, direction: 'debit', isReversal: true, returnReason: 'AM05', status: 'BOOK' }]),
    );
    assert.deepEqual(
      [back?.direction, back?.isReversal, back?.returnReason, back?.counterparty.name],
      ['debit', true, 'AM05', 'Alabama Power'],
    );
    const [spelled] = movementsIn(
      report([{ ...entry, isReversal: true }]).replace('>true</RvslInd>', '> 1 </RvslInd>'),
    );
    assert.equal(spelled?.isReversal, true);
  });

  it('is not booked while it is pending, and has no end-to-end id where the bank says so', () => {
    const { endToEndId: _without, ...anonymous } = entry;
    const [pending] = movementsIn(report([{ ...anonymous, status: 'PDNG' }]));
    assert.deepEqual([pending?.status, pending?.endToEndId], ['pending', undefined]);
  });

  it('is split where one entry holds several transfers with amounts, each with a reference of its own', () => {
    const split = movementsIn(batch(usd('18600.02'), usd('.10')));
    assert.deepEqual(
      split.map((one) => [one.endToEndId, one.bankReference, one.amount.minor, one.isUnsplit]),
      [
        ['E-1', 'B-1.1', 1_860_002n, false],
        ['E-2', 'T-2', 10n, false],
      ],
    );
    const whole = movementsIn(batch(usd('18600.02'), ''));
    assert.deepEqual(
      whole.map((one) => [one.endToEndId, one.amount.minor, one.isUnsplit]),
      [[undefined, 1_860_012n, true]],
    );
    assert.match(refusal(batch(usd('18600.02'), usd('0.11'))), /^MESSAGE_INVALID: .*Ntry: .*do not add up/);
  });

  it('has amounts in the currency’s own units, however many zeros a bank writes', () => {
    const of = (text: string, currency: string) =>
      report([{ ...entry }], { version: '02' }).replace(
        '<Amt Ccy="USD">18600.12<',
        `<Amt Ccy="${currency}">${text}<`,
      );
    const minor = (text: string, currency: string) => movementsIn(of(text, currency))[0]?.amount.minor;
    assert.deepEqual(
      [minor('1000.00', 'JPY'), minor('1000', 'KWD'), minor('+5.', 'USD'), minor('0000.10000', 'USD')],
      [1_000n, 1_000_000n, 500n, 10n],
    );
    for (const [text, currency] of [
      ['1000.5', 'JPY'],
      ['1.0001', 'KWD'],
      ['1,00', 'USD'],
      ['1e3', 'USD'],
      ['-1', 'USD'],
      ['.', 'USD'],
      ['1'.repeat(19), 'JPY'],
      ['1', 'usd'],
    ] as const)
      assert.match(refusal(of(text, currency)), /^MESSAGE_INVALID: .*\/Amt: /, text);
  });

  it('names what it holds beyond what is read', () => {
    const { unread } = read(batch(usd('18600.02'), usd('.10'), '')) as AccountReport;
    assert.ok(unread.some((place) => place.endsWith('/NtryDtls/Btch')));
    assert.ok(unread.some((place) => place.endsWith('/Ntry/BkTxCd')));
    const foreign = report([entry]).replace('<NtryRef>', '<x:More xmlns:x="urn:x">1</x:More><NtryRef>');
    assert.ok((read(foreign) as AccountReport).unread.some((place) => place.endsWith('/Ntry/{urn:x}More')));
  });

  it('leads from the opening to the closing balance, or is refused: an entry got lost', () => {
    const balances = { opening: amount('USD', -100n), closing: amount('USD', 1_859_912n) };
    assert.equal(movementsIn(report([entry], { kind: 'camt.053', balances })).length, 1);
    const lost = report([], { kind: 'camt.053', balances });
    assert.match(refusal(lost), /^MESSAGE_INVALID: .*Stmt: .*closing balance/);
    const pending = report([entry, { ...entry, bankReference: 'B-2', status: 'PDNG' }], {
      kind: 'camt.053',
      balances,
    });
    assert.equal(movementsIn(pending).length, 2);
  });

  it('is refused with the place when something is missing, twice, or another message', () => {
    const good = report([entry]);
    const bad: readonly (readonly [why: RegExp, text: string])[] = [
      [/MESSAGE_INVALID: .*GrpHdr: MsgId is missing/, good.replace(/<MsgId>.*<\/MsgId>/, '')],
      [
        /MESSAGE_INVALID: .*Ntry: CdtDbtInd stands 2 times/,
        good.replace('<CdtDbtInd>', '<CdtDbtInd>CRDT</CdtDbtInd><CdtDbtInd>'),
      ],
      [/MESSAGE_INVALID: .*Sts: /, good.replace('>BOOK<', '>LOST<')],
      [/MESSAGE_INVALID: .*Amt: the currency/, good.replace(' Ccy="USD"', '')],
      [/MESSAGE_INVALID: .*CreDtTm: /, good.replaceAll('2026-08-04T12', '2026-13-04T12')],
      [/MESSAGE_INVALID: .*it reports of no account/, good.replace(/<Ntfctn>[\s\S]*<\/Ntfctn>/, '')],
      [
        /MESSAGE_VERSION: camt.054 is not read in version 15/,
        good.replace('camt.054.001.08', 'camt.054.001.15'),
      ],
      [/MESSAGE_UNKNOWN: .*camt.060/, good.replace('camt.054.001.08', 'camt.060.001.08')],
      [/MESSAGE_UNKNOWN: /, '<Document/>'],
      [/XML_FORBIDDEN: /, good.replace('<Document', '<!DOCTYPE Document><Document')],
    ];
    for (const [why, text] of bad) assert.match(refusal(text), why);
  });
});

describe('what a bank answers to an order', () => {
  const told = {
    version: '12',
    messageId: 'S-1',
    createdAtMs: Date.UTC(2026, 7, 3, 10),
    orderId: 'ORDER-1',
  } as const;
  const transfer = { instructionId: 'I-1', endToEndId: 'E-1' };
  const reason = { code: 'AC04', text: 'account closed' };

  for (const version of ['03', '12'] as const)
    it(`is read transfer by transfer, with the reasons, in version ${version}`, () => {
      const message = read(
        writeStatusReport({
          ...told,
          version,
          groupStatus: 'PART',
          parts: [
            {
              paymentInfoId: 'ORDER-1-1',
              transfers: [
                { ...transfer, status: 'RJCT', reason },
                { ...transfer, endToEndId: 'E-2', status: 'ACSC' },
                { ...transfer, endToEndId: 'E-3', status: 'NEWC' },
              ],
            },
          ],
        }),
      );
      assert.ok(message.kind === 'status');
      assert.deepEqual([message.orderId, message.status], ['ORDER-1', undefined]);
      assert.deepEqual(
        message.transfers.map((one) => [one.endToEndId, one.status, one.code, one.reasons]),
        [
          ['E-1', 'rejected', 'RJCT', [reason]],
          ['E-2', 'settled', 'ACSC', []],
          // The list of codes grows; what is not known decides nothing.
          ['E-3', 'pending', 'NEWC', []],
        ],
      );
    });

  it('may be about the whole order, or about one part of it', () => {
    const whole = read(writeStatusReport({ ...told, groupStatus: 'RJCT', reason, parts: [] }));
    assert.ok(whole.kind === 'status');
    assert.deepEqual([whole.status, whole.reasons, whole.transfers], ['rejected', [reason], []]);
    const part = read(
      writeStatusReport({
        ...told,
        parts: [{ paymentInfoId: 'ORDER-1-2', status: 'RJCT', reason, transfers: [] }],
      }),
    );
    assert.ok(part.kind === 'status');
    assert.deepEqual(part.parts, [
      { paymentInfoId: 'ORDER-1-2', status: 'rejected', code: 'RJCT', reasons: [reason] },
    ]);
  });

  it('is refused when a transfer has no status at all', () => {
    const without = writeStatusReport({
      ...told,
      parts: [{ paymentInfoId: 'ORDER-1-1', transfers: [{ ...transfer, status: 'ACCP' }] }],
    }).replace(/<TxSts>.*<\/TxSts>/, '');
    assert.match(refusal(without), /^MESSAGE_INVALID: .*TxInfAndSts: no status/);
  });
});
