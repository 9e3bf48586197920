import assert from 'node:assert/strict';
import {
  by,
  call,
  cdrOf,
  closeSession,
  groundwork,
  invoiceCall,
  invoiceOf,
  Lane,
  makeKey,
  openSession,
  payableOf,
  termsOf,
  type ClosedSession,
} from '@roamgrid/chaincode/testing';
import { MemoryLedger } from '@roamgrid/chaincode/testing/ledger';
import { NettingStage } from '@roamgrid/chaincode/testing/netting';
import { merkleTree } from '@roamgrid/domain';
import {
  agreementRecord,
  batchRecord,
  canonicalText,
  invoiceBody,
  invoiceRecord,
  nettingIdOf,
  nettingRecord,
  openingRecord,
  stateKey,
  stationRecord,
  tariffRecord,
  utilityRecord,
} from '@roamgrid/wire';
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { ReadPublic } from './check.ts';
import { billEvidence, type BillEvidence } from './evidence.ts';
import { verifyBill } from './verify-bill.ts';

const CHANNEL = 'roaming';
const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** Three sessions from opened to netted, by the contracts themselves. */
const settledLedger = async (): Promise<{ ledger: MemoryLedger; lane: Lane; closed: ClosedSession[] }> => {
  const ledger = new MemoryLedger();
  for (const step of groundwork()) await ledger.submit(call(step));
  const lane = new Lane();
  const opened = await Promise.all([
    openSession(1),
    openSession(2, { authorisedBy: 'cache' }),
    openSession(3, { driverKey: makeKey('phone-1') }),
  ]);
  await ledger.submit(call(lane.open(opened)));
  const closed = opened.map((session, index) =>
    closeSession(session, index === 1 ? { texts: { pages: [4, 5], sessionId: session.body.sessionId } } : {}),
  );
  await ledger.submit(call(lane.settle('b1', closed)));
  const batches = [{ batchId: 'b1', closed }];
  const invoice = invoiceCall('i1', batches);
  await ledger.submit(call(invoice));
  const { bodyHash = '' } = invoice.command;
  await ledger.submit(
    call({ caller: by('USALP', 'aaa'), verb: 'clearing.accept', command: { invoiceId: 'i1', bodyHash } }),
  );
  // What the members' gateways form, told on this ledger.
  const stage = await NettingStage.with([payableOf(invoiceOf('i1', batches))]);
  const netted = [
    stage.calling(),
    stage.closing('USALP', 'USDUK', ['invoice:i1']),
    stage.stating('USALP'),
    stage.stating('USDUK'),
    stage.netting(),
  ];
  for (const parts of netted) await ledger.submit(call(parts));
  return { ledger, lane, closed };
};

describe('a bill, verified offline', () => {
  let ledger: MemoryLedger;
  let lane: Lane;
  let closed: ClosedSession[];
  before(async () => {
    ({ ledger, lane, closed } = await settledLedger());
  });

  const chain: ReadPublic = (key) => {
    const text = ledger.state.get(key);
    return text === undefined ? undefined : Buffer.from(text, 'utf8');
  };
  const on = <S extends z.ZodType>(schema: S, key: string): z.output<S> =>
    schema.parse(JSON.parse(ledger.state.get(key) ?? 'null'));

  const evidenceOf = (at: number): BillEvidence => {
    const session = closed[at];
    assert.ok(session);
    const { open } = session;
    const opening = on(openingRecord, stateKey.opening(lane.laneId, 1));
    const leaves = closed.map(({ hash }) => Buffer.from(hash, 'hex'));
    const { leafIndex, treeSize, path } = merkleTree(sha256, leaves).prove(at);
    const { sealed } = lane.header('b1', closed, { fromSequence: 1 });
    const quote = open.body.quote;
    return {
      sessionId: open.body.sessionId,
      session: {
        record: {
          type: 'session',
          sessionId: open.body.sessionId,
          laneId: lane.laneId,
          number: open.number,
          vun: quote.vun,
          hun: quote.hun,
          agreementId: quote.agreementId,
          state: 'closed',
          slot: 1,
          openedAtMs: opening.atMs,
          openedBlock: '10',
          endedBlock: '11',
          batchId: 'b1',
        },
        opening,
        openingProof: { state: 'present', proof: lane.proofOf(open) },
        openBody: open.text,
        batch: on(batchRecord, stateKey.batch('b1')),
        batchHeader: sealed.text,
        settledBody: session.text,
        proof: { index: leafIndex, size: treeSize, path: path.map(hex) },
        cdr: cdrOf(session, at + 1),
        transactions: [],
      },
      utilities: ['USALP', 'USDUK'].map((id) => on(utilityRecord, stateKey.utility(id))),
      station: on(stationRecord, stateKey.station('USDUK', quote.stationId)),
      agreement: on(agreementRecord, stateKey.agreement(quote.agreementId)),
      tariff: {
        record: on(tariffRecord, stateKey.tariff(quote.tariffId, quote.tariffVersion)),
        boundUnder: [quote.agreementId],
      },
      terms: termsOf(),
      invoice: {
        record: on(invoiceRecord, stateKey.invoice('i1')),
        body: invoiceOf('i1', [{ batchId: 'b1', closed }]),
      },
      netting: on(nettingRecord, stateKey.netting(nettingIdOf('2026-07', 1, 'USD'))),
    };
  };

  const brokenOf = async (evidence: BillEvidence, channel = CHANNEL, read = chain): Promise<string[]> =>
    (await verifyBill(evidence, channel, read))
      .filter(({ ok }) => !ok)
      .map(({ name, detail }) => `${name} ${detail ?? ''}`);

  it('holds, whoever authorised it and whatever form the meter’s statement has, with the chain and without', async () => {
    for (const at of [0, 1, 2]) {
      const kept = billEvidence.parse(JSON.parse(canonicalText(billEvidence, evidenceOf(at))));
      assert.deepEqual(await brokenOf(kept), []);
      const alone = await verifyBill(kept, CHANNEL);
      assert.deepEqual(
        alone.filter(({ ok }) => !ok),
        [],
      );
    }
    const names = (await verifyBill(evidenceOf(2), CHANNEL)).map(({ name }) => name);
    assert.ok(names.includes('the driver’s own device consented to exactly this quote'));
  });

  /** The evidence as its JSON, changed. */
  const changed = (at: number, find: RegExp | string, put: string): BillEvidence => {
    const text = canonicalText(billEvidence, evidenceOf(at));
    const forged = text.replaceAll(find, put);
    assert.notEqual(forged, text, `nothing to forge at ${String(find)}`);
    return billEvidence.parse(JSON.parse(forged));
  };
  const other = (hash: string): string => (hash.startsWith('0') ? '1' : '0') + hash.slice(1);

  const LIES: Readonly<Record<string, readonly [() => BillEvidence, readonly RegExp[]]>> = {
    'another end reading': [
      () =>
        changed(
          0,
          String.raw`\"registerMilliWh\":\"1030000000\"`,
          String.raw`\"registerMilliWh\":\"1031000000\"`,
        ),
      [/signed the end reading/, /leaf of its batch/, /the CDR is what/],
    ],
    'another reading in a foreign meter’s session': [
      () =>
        changed(
          1,
          String.raw`\"registerMilliWh\":\"2030000000\"`,
          String.raw`\"registerMilliWh\":\"2031000000\"`,
        ),
      [/signed the end reading/, /leaf of its batch/],
    ],
    'a higher cap': [
      () => changed(0, String.raw`\"capMicros\":\"20000000\"`, String.raw`\"capMicros\":\"21000000\"`),
      [/consented to exactly this quote/, /the meter signed for exactly this consent/, /leaf of this number/],
    ],
    'another time of the consent': [
      () => changed(0, /\\"consentedAtMs\\":(\d+)\d/g, String.raw`\"consentedAtMs\":$13`),
      [/the driver consented to exactly this quote/, /the meter signed for exactly this consent/],
    ],
    'a device that home did not bind': [
      () =>
        changed(
          2,
          /\\"driverConsent\\":\{\\"consentedAtMs\\":(\d+),\\"signature\\":\\"../g,
          String.raw`\"driverConsent\":{\"consentedAtMs\":$1,\"signature\":\"AA`,
        ),
      [/own device consented/, /BAD_SIGNATURE: driverConsent/],
    ],
    'another customer': [
      () => changed(0, /\\"cinRef\\":\\"../g, String.raw`\"cinRef\":\"00`),
      [/authorised this customer/, /the opening keeps to every rule .*BAD_SIGNATURE: evidence/],
    ],
    'another offer than home authorised': [
      () =>
        changed(0, String.raw`\"maxMicrosPerKWh\":\"300000\"`, String.raw`\"maxMicrosPerKWh\":\"900000\"`),
      [/not of the offer that home authorised/],
    ],
    'a key that the meter had only later': [
      () => {
        const evidence = evidenceOf(0);
        const later = evidence.station.evses.map((evse) => ({
          ...evse,
          meterKeys: evse.meterKeys.map((key) => ({ ...key, fromMs: Date.now() })),
        }));
        return { ...evidence, station: { ...evidence.station, evses: later } };
      },
      [/signed the begin reading/, /the station is the one on the chain/],
    ],
    'a key that home had only later': [
      () => {
        const evidence = evidenceOf(0);
        return {
          ...evidence,
          utilities: evidence.utilities.map((utility) => ({
            ...utility,
            signingKeys: utility.signingKeys.map((key) => ({ ...key, fromMs: Date.now() })),
          })),
        };
      },
      [/authorised this customer/],
    ],
    'another price': [
      () => {
        const { session, ...rest } = evidenceOf(0);
        assert.ok(session.cdr);
        return {
          ...rest,
          session: { ...session, cdr: { ...session.cdr, totalMicros: session.cdr.totalMicros + 1n } },
        };
      },
      [/the CDR is what/, /the shares add up/],
    ],
    'another root of the opening': [
      () => {
        const { session, ...rest } = evidenceOf(0);
        const opening = { ...session.opening, root: other(session.opening.root) };
        return { ...rest, session: { ...session, opening } };
      },
      [/leaf of this number/, /the opening is the one on the chain/],
    ],
    'another session’s place in the opening': [
      () => {
        const { session, ...rest } = evidenceOf(0);
        assert.ok(closed[1]);
        return {
          ...rest,
          session: { ...session, openingProof: { state: 'present', proof: lane.proofOf(closed[1].open) } },
        };
      },
      [/leaf of this number/],
    ],
    'no way to the opening': [
      () => {
        const { session, ...rest } = evidenceOf(0);
        return {
          ...rest,
          session: { ...session, openingProof: { state: 'absent', reason: 'bodies-missing' } },
        };
      },
      [/leaf of this number/],
    ],
    'another place in the batch': [
      () => {
        const { session, ...rest } = evidenceOf(0);
        assert.ok(session.proof);
        return { ...rest, session: { ...session, proof: { ...session.proof, index: 1 } } };
      },
      [/leaf of its batch/, /the CDR is what/],
    ],
    'an open body that the settled session does not hold': [
      () => {
        const { session, ...rest } = evidenceOf(0);
        return { ...rest, session: { ...session, openBody: closed[1]?.open.text ?? '' } };
      },
      [/holds exactly this open body/, /leaf of this number/],
    ],
    'another session’s body under this number': [
      () => {
        const { session, ...rest } = evidenceOf(0);
        return { ...rest, session: { ...session, settledBody: closed[1]?.text ?? '' } };
      },
      [/are of this session/],
    ],
    'other sums of the batch': [
      () => changed(0, /(\\"lastEndMs\\":\d+)\d/g, '$15'),
      [/the batch’s sums hash/],
    ],
    'another invoice': [
      () => {
        const evidence = evidenceOf(0);
        const body = invoiceBody.parse(JSON.parse(canonicalText(invoiceBody, evidence.invoice.body)));
        return {
          ...evidence,
          invoice: { ...evidence.invoice, body: { ...body, laneId: 'USDUK-USALP-g1', payableMicros: 1n } },
        };
      },
      [/the invoice takes the batch/, /the invoice hashes/, /payable is its two/],
    ],
    'another net position': [
      () => {
        const evidence = evidenceOf(0);
        const positions = evidence.netting.positions.map((each) => ({ ...each, netMicros: 1n }));
        return { ...evidence, netting: { ...evidence.netting, positions } };
      },
      [/sums to zero/, /the netting is the one on the chain/],
    ],
    'other terms': [
      () => ({ ...evidenceOf(0), terms: termsOf({ maxSessionMicros: 1n }) }),
      [/the cap is above the agreed largest session/, /has these terms/],
    ],
    'a tariff that is for another station': [
      () => {
        const { tariff, ...rest } = evidenceOf(0);
        return {
          ...rest,
          tariff: { ...tariff, record: { ...tariff.record, appliesTo: { stationId: 'duk-2' } } },
        };
      },
      [/is for station duk-2, not for/, /the tariff is the one on the chain/],
    ],
    'a tariff that is not bound': [
      () => {
        const { tariff, ...rest } = evidenceOf(0);
        return { ...rest, tariff: { ...tariff, boundUnder: [] } };
      },
      [/is not bound under/],
    ],
  };

  for (const [lie, [tell, noticed]] of Object.entries(LIES)) {
    it(`shows ${lie}`, async () => {
      const broken = await brokenOf(tell());
      for (const pattern of noticed)
        assert.ok(
          broken.some((name) => pattern.test(name)),
          `${String(pattern)} is not among\n${broken.join('\n')}`,
        );
    });
  }

  it('is of one channel: signed for another it counts nothing', async () => {
    const broken = await brokenOf(evidenceOf(0), 'another');
    for (const pattern of [/the driver consented/, /for exactly this consent/, /another session, channel/])
      assert.ok(
        broken.some((name) => pattern.test(name)),
        broken.join('\n'),
      );
  });

  it('is not closed when the chain’s bits do not say so, nor bound when the chain has no binding', async () => {
    for (const [hidden, pattern] of [
      [/^ends:/, /closed on the chain/],
      [/^binding:/, /binds the tariff/],
      [/^batch:/, /the batch is the one on the chain/],
    ] as const) {
      const broken = await brokenOf(evidenceOf(0), CHANNEL, (key) =>
        hidden.test(key) ? undefined : chain(key),
      );
      assert.equal(broken.length, 1);
      assert.match(broken[0] ?? '', pattern);
    }
  });

  it('cannot be verified without its bodies', async () => {
    const { session, ...rest } = evidenceOf(0);
    const { settledBody: _, ...seen } = session;
    assert.match(
      (await brokenOf({ ...rest, session: seen })).join(),
      /ask a gateway of one of the two parties/,
    );
  });
});
