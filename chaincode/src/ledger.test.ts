import assert from 'node:assert/strict';
import { CommitError, EndorseError, GatewayError } from '@hyperledger/fabric-gateway';
import { nettingRecord, payableStatement, sealBody, type JsonValue } from '@roamgrid/wire';
import { decode } from './context/index.ts';
import { invoiceCall, invoiceOf, payableOf } from './testing/invoices.ts';
import { LiveLedger } from './testing/live-ledger.ts';
import { by, call, groundwork, MSP } from './testing/parties.ts';
import { closeCall, closeSession, openCall, openSession } from './testing/sessions.ts';

const BOTH = [MSP.USALP, MSP.USDUK];
const record = (value: JsonValue): Record<string, JsonValue> => value as Record<string, JsonValue>;

/** The contract's refusal as the gateway client shows it. */
const refusalOf = async (submitted: Promise<unknown>): Promise<string> => {
  try {
    await submitted;
    return 'ok';
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    const text = error.details.map(({ message }) => message).join(' ');
    return /([A-Z_]+): /.exec(text)?.[1] ?? text;
  }
};

describe('the chaincode on a ledger', function () {
  this.timeout(120_000);
  let ledger: LiveLedger;

  before(async () => {
    ledger = await LiveLedger.start();
    for (const step of groundwork()) {
      assert.equal(await refusalOf(ledger.submit(call(step), step.transient && BOTH)), 'ok', step.verb);
    }
  });
  after(() => ledger.stop());

  const query = (caller: ReturnType<typeof by>, verb: string, command: JsonValue) =>
    ledger.evaluate({ caller, verb, command });

  it('takes two sessions from opened to paid, with every record as its state says', async () => {
    const sessions = [await openSession('p1'), await openSession('p2', { authorisedBy: 'cache' })];
    await ledger.submit(call(openCall(sessions)), BOTH);
    const reader = by('USGPC', 'auditor');
    assert.equal(record(await query(reader, 'session.get', { sessionId: 'p1' }))['state'], 'opened');

    const closed = sessions.map((session, index) => closeSession(session, index + 1));
    await ledger.submit(call(closeCall('pb', closed)), BOTH);
    const session = record(await query(reader, 'session.get', { sessionId: 'p2' }));
    assert.deepEqual([session['state'], session['batchId'], session['version']], ['closed', 'pb', 2]);

    const batches = [{ batchId: 'pb', closed }];
    const invoice = invoiceCall('pi', batches);
    await ledger.submit(call(invoice), BOTH);
    const bodyHash = invoice.command['bodyHash'] ?? '';
    const accept = {
      caller: by('USALP', 'aaa'),
      verb: 'clearing.accept',
      command: { invoiceId: 'pi', bodyHash },
    };
    await ledger.submit(call(accept), BOTH);

    const payable = sealBody(payableStatement, payableOf(invoiceOf('pi', batches)));
    const net = {
      caller: by('USGPC', 'operator'),
      verb: 'clearing.net',
      command: { nettingId: 'pn', periodId: '2026-07', currency: 'USD', invoiceIds: ['pi'] },
      transient: { payables: `[${payable.text}]` },
    };
    await ledger.submit(call(net), BOTH);
    const pay = (caller: ReturnType<typeof by>, step: string) => ({
      caller,
      verb: 'clearing.confirmPayment',
      command: { nettingId: 'pn', paymentId: 'pn.1', step, reference: 'E2E-1' },
    });
    await ledger.submit(call(pay(by('USALP', 'operator'), 'sent')), BOTH);
    await ledger.submit(call(pay(by('USDUK', 'operator'), 'confirmed')), BOTH);

    const stored = await query(reader, 'clearing.getNetting', { nettingId: 'pn' });
    const netting = decode(nettingRecord, stored, 'netting');
    assert.equal(netting.state, 'settled');
    const total = netting.positions.reduce((sum, { netMicros }) => sum + netMicros, 0n);
    assert.equal(total, 0n);
    assert.equal(record(await query(reader, 'clearing.getInvoice', { invoiceId: 'pi' }))['state'], 'paid');
  });

  it("keeps bodies in the two parties' collections and nowhere else", async () => {
    const session = await openSession('v1');
    await ledger.submit(call(openCall([session])), BOTH);
    for (const utility of ['USALP', 'USDUK'] as const) {
      const body = await query(by(utility, 'aaa'), 'session.getOpenBody', { sessionId: 'v1' });
      assert.deepEqual(body, JSON.parse(session.sealed.text));
    }
    const third = query(by('USGPC', 'auditor'), 'session.getOpenBody', { sessionId: 'v1' });
    assert.equal(await refusalOf(third), 'NOT_FOUND');
  });

  it('gives the same receipt when a command is told again, and refuses its id for another', async () => {
    const told = call(openCall([await openSession('i1')]));
    const first = await ledger.submit(told, BOTH);
    assert.deepEqual(await ledger.submit(told, BOTH), first);
    const other = openCall([await openSession('i2')]);
    const { commandId } = told.command as { commandId: string };
    const changed = { ...call(other), command: { ...other.command, commandId } };
    assert.equal(await refusalOf(ledger.submit(changed, BOTH)), 'CONFLICT');
  });

  it('commits one of two tellings at once, and the other is told again to the same receipt', async () => {
    const told = call(openCall([await openSession('r1')]));
    const settled = await Promise.allSettled([ledger.submit(told, BOTH), ledger.submit(told, BOTH)]);
    const receipts = settled.filter((each) => each.status === 'fulfilled').map((each) => each.value);
    for (const each of settled) {
      if (each.status === 'rejected') assert.ok(each.reason instanceof CommitError, String(each.reason));
    }
    const again = await ledger.submit(told, BOTH);
    assert.ok(receipts.length >= 1);
    for (const receipt of receipts) assert.deepEqual(receipt, again);
  });

  it('opens in parallel without one session waiting for another', async () => {
    const sessions = await Promise.all(Array.from({ length: 10 }, (_, index) => openSession(`q${index}`)));
    await Promise.all(sessions.map((session) => ledger.submit(call(openCall([session])), BOTH)));
  });

  describe('refuses, with the code in the details of the error,', () => {
    it('a bill above the consented cap', async () => {
      const session = await openSession('c1', { quote: { capMicros: 9_308_998n, estimateMicros: 1n } });
      await ledger.submit(call(openCall([session])), BOTH);
      const told = call(closeCall('cb', [closeSession(session, 1)]));
      const submitted = ledger.submit(told, BOTH);
      await assert.rejects(submitted, EndorseError);
      assert.equal(await refusalOf(submitted), 'OVER_CAP');
      const still = record(await query(by('USDUK', 'aaa'), 'session.get', { sessionId: 'c1' }));
      assert.equal(still['state'], 'opened');
    });

    it('a certificate of another role, by its attribute', async () => {
      const told = { ...openCall([await openSession('a1')]), caller: by('USDUK', 'auditor') };
      assert.equal(await refusalOf(ledger.submit(call(told), BOTH)), 'FORBIDDEN');
      const none = { ...told, caller: by('USDUK', undefined) };
      assert.equal(await refusalOf(ledger.submit(call(none), BOTH)), 'FORBIDDEN');
    });

    it('a transaction that no contract has', async () => {
      const told = { caller: by('USDUK', 'aaa'), verb: 'session.forge', command: {} };
      assert.equal(await refusalOf(ledger.submit(call(told))), 'INVALID_ARGUMENT');
    });
  });

  describe('does not let two organisations write what concerns a third:', () => {
    const without = [MSP.USDUK, MSP.USGPC];
    const invalid = (error: unknown) =>
      error instanceof CommitError && /ENDORSEMENT_POLICY_FAILURE/.test(error.message);

    it('opening a session without the home utility is invalid', async () => {
      const told = call(openCall([await openSession('e1')]));
      await assert.rejects(ledger.submit(told, without), invalid);
      const read = query(by('USALP', 'aaa'), 'session.get', { sessionId: 'e1' });
      assert.equal(await refusalOf(read), 'NOT_FOUND');
    });

    it('changing a session without the home utility is invalid', async () => {
      await ledger.submit(call(openCall([await openSession('e2')])), BOTH);
      const told = {
        caller: by('USDUK', 'aaa'),
        verb: 'session.void',
        command: {
          vun: 'USDUK',
          hun: 'USALP',
          agreementId: 'alp-duk-2026',
          sessionId: 'e2',
          reason: 'fault',
        },
      };
      await assert.rejects(ledger.submit(call(told), without), invalid);
      await ledger.submit(call(told), BOTH);
    });

    it('recording a reading without the home utility is invalid', async () => {
      const items = [{ sessionId: 'e2', sequence: 1, readingHash: 'a'.repeat(64) }];
      const told = {
        caller: by('USDUK', 'station'),
        verb: 'session.record',
        command: { vun: 'USDUK', hun: 'USALP', agreementId: 'alp-duk-2026', items },
      };
      await assert.rejects(ledger.submit(call(told), without), invalid);
      await ledger.submit(call(told), BOTH);
    });
  });

  it('takes a hundred closes in one transaction', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `h${index}`);
    const sessions = await Promise.all(ids.map((id) => openSession(id)));
    await ledger.submit(call(openCall(sessions)), BOTH);
    const closed = sessions.map((session, index) => closeSession(session, index + 1));
    const receipt = record(await ledger.submit(call(closeCall('hb', closed)), BOTH));
    assert.deepEqual(receipt['wrote'], ['batch:hb']);
    const last = await query(by('USALP', 'aaa'), 'session.get', { sessionId: 'h99' });
    assert.equal(record(last)['state'], 'closed');
  });
});
