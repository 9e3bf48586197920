import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCreditTransfer } from '../simulator/read-credit-transfer.ts';
import { amount, HOLDERS } from '../testing/holders.ts';
import { bankText, isBankId } from './bank-text.ts';
import { accountHolder } from './parties.ts';
import { writeCreditTransfer, type CreditTransferOrder } from './write-credit-transfer.ts';

const { alabama, duke, ostsee } = HOLDERS;
const transfer = (at: number, currency: string, minor: bigint) => ({
  instructionId: `I-${at}`,
  endToEndId: `E-${at}`,
  amount: amount(currency, minor),
  creditor: at % 2 === 0 ? duke : ostsee,
  remittance: `Roaming 2026-07, payment ${at}`,
});
const order = (transfers: CreditTransferOrder['transfers']): CreditTransferOrder => ({
  messageId: 'ORDER-1',
  createdAtMs: Date.UTC(2026, 7, 3, 9),
  debtor: alabama,
  chargeBearer: 'DEBT',
  executionDate: '2026-08-04',
  transfers,
});

describe('a credit transfer order', () => {
  it('is written as a bank takes it', () => {
    assert.equal(
      writeCreditTransfer(order([transfer(0, 'USD', 1_860_012n)])),
      `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>ORDER-1</MsgId>
      <CreDtTm>2026-08-03T09:00:00.000Z</CreDtTm>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>18600.12</CtrlSum>
      <InitgPty>
        <Nm>Alabama Power</Nm>
      </InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>ORDER-1-1</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>18600.12</CtrlSum>
      <ReqdExctnDt>
        <Dt>2026-08-04</Dt>
      </ReqdExctnDt>
      <Dbtr>
        <Nm>Alabama Power</Nm>
      </Dbtr>
      <DbtrAcct>
        <Id>
          <Othr>
            <Id>000111222333</Id>
          </Othr>
        </Id>
        <Ccy>USD</Ccy>
      </DbtrAcct>
      <DbtrAgt>
        <FinInstnId>
          <ClrSysMmbId>
            <ClrSysId>
              <Cd>USABA</Cd>
            </ClrSysId>
            <MmbId>999999992</MmbId>
          </ClrSysMmbId>
        </FinInstnId>
      </DbtrAgt>
      <ChrgBr>DEBT</ChrgBr>
      <CdtTrfTxInf>
        <PmtId>
          <InstrId>I-0</InstrId>
          <EndToEndId>E-0</EndToEndId>
        </PmtId>
        <Amt>
          <InstdAmt Ccy="USD">18600.12</InstdAmt>
        </Amt>
        <CdtrAgt>
          <FinInstnId>
            <ClrSysMmbId>
              <ClrSysId>
                <Cd>USABA</Cd>
              </ClrSysId>
              <MmbId>999999984</MmbId>
            </ClrSysMmbId>
          </FinInstnId>
        </CdtrAgt>
        <Cdtr>
          <Nm>Duke Energy</Nm>
        </Cdtr>
        <CdtrAcct>
          <Id>
            <Othr>
              <Id>000444555666</Id>
            </Othr>
          </Id>
        </CdtrAcct>
        <RmtInf>
          <Ustrd>Roaming 2026-07, payment 0</Ustrd>
        </RmtInf>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
`,
    );
  });

  it('has counts and control sums of the whole and of each currency, with that currency’s places', () => {
    const text = writeCreditTransfer(
      order([
        transfer(0, 'USD', 10_050n),
        transfer(1, 'JPY', 1_000n),
        transfer(2, 'KWD', 125n),
        transfer(3, 'USD', 1n),
      ]),
    );
    const all = (name: string) =>
      [...text.matchAll(new RegExp(`<${name}[^>]*>([^<]*)<`, 'g'))].map(([, one]) => one);
    assert.deepEqual(all('NbOfTxs'), ['4', '2', '1', '1']);
    assert.deepEqual(all('CtrlSum'), ['1100.635', '100.51', '1000', '0.125']);
    assert.deepEqual(all('InstdAmt'), ['100.50', '0.01', '1000', '0.125']);
    assert.deepEqual(all('PmtInfId'), ['ORDER-1-1', 'ORDER-1-2', 'ORDER-1-3']);
  });

  it('is understood by a bank that counts for itself, whatever it asks for', () => {
    const transfers = fc.array(
      fc.tuple(fc.constantFrom('USD', 'JPY', 'KWD', 'EUR'), fc.bigInt({ min: 1n, max: 10n ** 12n })),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(transfers, (list) => {
        const given = list.map(([currency, minor], at) => transfer(at, currency, minor));
        const taken = readCreditTransfer(new TextEncoder().encode(writeCreditTransfer(order(given))));
        const read = taken.parts
          .flatMap((part) => part.transfers)
          .map((one) => [one.endToEndId, one.amount] as const);
        assert.deepEqual(new Map(read), new Map(given.map((one) => [one.endToEndId, one.amount])));
      }),
    );
  });

  it('is refused with an id that banks change, an amount of nothing, a text too long, or one instruction twice', () => {
    const good = transfer(0, 'USD', 1n);
    const bad: readonly CreditTransferOrder[] = [
      { ...order([good]), messageId: 'm'.repeat(34) },
      { ...order([good]), messageId: 'a//b' },
      order([]),
      order([{ ...good, endToEndId: 'E_0' }]),
      order([{ ...good, endToEndId: '/E' }]),
      order([{ ...good, amount: amount('USD', 0n) }]),
      order([{ ...good, amount: amount('USD', 10n ** 18n) }]),
      order([{ ...good, remittance: 'r'.repeat(141) }]),
      order([good, good]),
    ];
    for (const each of bad) assert.throws(() => writeCreditTransfer(each));
  });
});

describe('texts for banks', () => {
  it('are spelled in the letters that banks pass on', () => {
    assert.equal(ostsee.name, 'Stadtwerke Osterso + Sohne');
    const spelled = bankText(' Łódź  Straße ', 70);
    assert.ok(spelled.ok && spelled.value === 'Lodz Strasse');
  });

  it('are refused, never cut, where they cannot', () => {
    const codeOf = (text: string, max = 70) => {
      const plain = bankText(text, max);
      return plain.ok ? plain.value : plain.error.code;
    };
    assert.equal(codeOf('東京電力'), 'TEXT_NOT_PAYABLE');
    assert.equal(codeOf('a'.repeat(71)), 'TEXT_TOO_LONG');
    assert.equal(codeOf('ß'.repeat(36)), 'TEXT_TOO_LONG');
    assert.equal(codeOf(' \u0301'), 'TEXT_EMPTY');
  });

  it('hold only ids that come back as they were given', () => {
    for (const id of ['A', 'RG-1/2', 'x'.repeat(35)]) assert.ok(isBankId(id), id);
    for (const id of ['', 'x'.repeat(36), ' a', 'a_b', 'a/', 'é']) assert.ok(!isBankId(id), id);
  });

  it('hold no account whose check digits are wrong', () => {
    const { account: _account, ...rest } = ostsee;
    assert.ok(!accountHolder.safeParse({ ...rest, account: { iban: 'DE88370400440532013000' } }).success);
    assert.ok(accountHolder.safeParse({ ...rest, account: { iban: 'FR1420041010050500013M02606' } }).success);
  });
});
