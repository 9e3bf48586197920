import assert from 'node:assert/strict';
import {
  auditedCreditPage,
  auditedDisputePage,
  auditedNetting,
  authorityRecordPage,
  creditAnswer,
  creditPage,
  disputeAnswer,
  disputePage,
  invoicedRecordPage,
  invoiceEntry,
  invoicePage,
  missingPage,
  operatorReceipt,
  parseSettled,
  sessionCloseBody,
  shownDispute,
  supplementAnswer,
  type InvoiceEntry,
  type ShownDispute,
} from '@roamgrid/wire';
import type { z } from 'zod';
import {
  changesSince,
  chargeAndPark,
  get,
  issueOne,
  post,
  refusal,
  seen,
  untilInvoiced,
} from '../testing/clearing-calls.ts';
import { testNow } from '../testing/clock.ts';
import { ALABAMA, DUKE, EVSES } from '../testing/consortium.ts';
import { proveDisputed } from '../testing/prove-all.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';
import { untilState } from '../testing/session-driver.ts';

/** The day that runs on the ledger: what a dispute came to is owed in no period that does not, and others net the month. */
let periodId = '';

describe('disputed records, told by a utility’s own node', function () {
  this.timeout(120_000);
  let rig: GatewayRig;
  let sessions: readonly string[];
  let invoice: InvoiceEntry;

  before(async () => {
    rig = await gatewayRig('disputes');
    const charged: string[] = [];
    for (const evseId of EVSES) charged.push(await chargeAndPark(rig, evseId));
    for (const sessionId of charged) await untilState(rig, sessionId, 'closed');
    sessions = charged;
    const due = await get(rig.duke, 'missing?role=vun&kind=not-invoiced&limit=500', missingPage);
    assert.deepEqual(
      sessions.filter((id) => !due.items.some(({ sessionId }) => sessionId === id)),
      [],
    );
    periodId = new Date(testNow()).toISOString().slice(0, 10);
  });
  after(() => rig.close());

  it('an invoice that is taken back is made anew under another id, of the same records', async () => {
    const first = await issueOne(rig.duke, periodId);
    const path = `invoices/${first.record.invoiceId}/cancel`;
    assert.equal(await refusal(rig.alabama, path), 'RECORD_NOT_FOUND');
    const cancelled = await post(rig.duke, path, invoiceEntry);
    assert.equal(cancelled.record.state, 'cancelled');
    assert.deepEqual(await post(rig.duke, path, invoiceEntry), cancelled);
    invoice = await issueOne(rig.duke, periodId);
    assert.equal(invoice.record.invoiceId, `${first.record.invoiceId}-r2`);
    const { invoiceId: _first, salt: _salt, ...was } = first.body;
    const { invoiceId: _second, salt: _other, ...is } = invoice.body;
    assert.deepEqual(is, was);
    const none = await get(rig.duke, 'missing?role=vun&kind=not-invoiced', missingPage);
    assert.deepEqual(none.items, []);
  });

  it('home sees what the invoice was made of, page by page', async () => {
    const { invoiceId } = invoice.record;
    await untilInvoiced(rig.alabama, invoiceId);
    const items = [];
    let after: string | undefined = '0';
    while (after !== undefined) {
      const path = `invoices/${invoiceId}/records?limit=3&after=${after}`;
      const page: z.output<typeof invoicedRecordPage> = await get(rig.alabama, path, invoicedRecordPage);
      items.push(...page.items);
      after = page.cursor;
    }
    assert.equal(items.length, invoice.body.sessions);
    assert.equal(
      items.reduce((sum, { cdr }) => sum + cdr.totalMicros, 0n),
      invoice.body.totalMicros,
    );
    for (const { cdr, settled } of items) assert.equal(parseSettled(settled).open.sessionId, cdr.sessionId);
    const beyond = `/internal/v1/invoices/${invoice.record.invoiceId}/records?after=2147483648`;
    assert.equal((await rig.duke.ask('aaa', 'GET', beyond)).status, 400);
  });

  it('home accepts an invoice but for some records, and told again the same stands', async () => {
    const path = `invoices/${invoice.record.invoiceId}/disputes`;
    const asking = (ids: readonly string[]) => ({
      disputes: ids.map((sessionId) => ({ sessionId, reason: 'TIME', evidence: `parked at ${sessionId}` })),
    });
    const foreign = asking(['USDUK-USALP-g0-99999']);
    assert.equal(await refusal(rig.alabama, path, foreign), 'RECORD_NOT_FOUND');
    assert.equal(await refusal(rig.duke, path, asking(sessions)), 'RECORD_NOT_FOUND');
    assert.equal(await refusal(rig.alabama, path, { disputes: [] }), 'INVALID_REQUEST');
    const router = await rig.alabama.ask('router', 'POST', `/internal/v1/${path}`, asking(sessions));
    assert.equal(router.body['code'], 'FORBIDDEN');
    const told = await post(rig.alabama, path, disputeAnswer, asking(sessions));
    assert.equal(told.invoice.record.state, 'accepted');
    assert.deepEqual(
      told.disputes.map(({ body }) => [body?.reason, body?.evidence]).sort(),
      sessions.map((id) => ['TIME', `parked at ${id}`]).sort(),
    );
    assert.deepEqual(await post(rig.alabama, path, disputeAnswer, asking(sessions)), told);
    const { items } = await get(rig.alabama, 'disputes?role=hun&state=disputed&limit=3', disputePage);
    assert.equal(items.length, 3);
    const ofAll = `/authority/v1/records?fromMs=0&untilMs=${Date.now() + 86_400_000}&limit=500`;
    const reported = authorityRecordPage.parse((await rig.alabama.ask('authority', 'GET', ofAll)).body);
    assert.deepEqual(
      sessions.map((id) => reported.items.find(({ cdr }) => cdr.sessionId === id)?.disputed),
      sessions.map(() => 'disputed'),
    );
    assert.equal(
      await refusal(rig.duke, `invoices/${invoice.record.invoiceId}/cancel`),
      'LEDGER_WRONG_STATE',
    );
  });

  it('the visited utility upholds, revises or credits each, or is silent; what it stands by is owed on an invoice of its own', async () => {
    const [upheld, revised, credited, silent] = await Promise.all(
      sessions.map(async (sessionId) => {
        const { items } = await get(rig.alabama, 'disputes?role=hun&limit=500', disputePage);
        return items.find(({ body }) => body?.sessionId === sessionId) ?? assert.fail();
      }),
    );
    assert.ok(upheld && revised && credited && silent);
    const idOf = ({ record }: ShownDispute) => record.disputeId;
    const evidence = 'as the meter says';
    await seen(rig.duke, idOf(silent), 'disputed');
    const raised = await changesSince(rig.duke, 'vun');
    assert.deepEqual([...raised.ids].sort(), [upheld, revised, credited, silent].map(idOf).sort());
    const answering = async (dispute: ShownDispute, body: Record<string, unknown>) => {
      const path = `disputes/${idOf(dispute)}/answer`;
      assert.equal(await refusal(rig.alabama, path, { ...body, evidence }), 'RECORD_NOT_FOUND');
      const told = await post(rig.duke, path, shownDispute, { ...body, evidence });
      assert.deepEqual(await post(rig.duke, path, shownDispute, { ...body, evidence }), told);
      assert.equal(
        await refusal(rig.duke, path, { outcome: 'upheld', evidence: 'other' }),
        'LEDGER_WRONG_STATE',
      );
      return told;
    };
    const { items } = await get(
      rig.duke,
      `invoices/${invoice.record.invoiceId}/records?limit=500`,
      invoicedRecordPage,
    );
    const record = items.find(({ cdr }) => cdr.sessionId === revised.body?.sessionId) ?? assert.fail();
    const { close } = parseSettled(record.settled);
    // It charged for the whole minute: what was billed as parking was not.
    const readings = close.readings.map((reading, at) =>
      at === 1 ? { ...reading, charging: true } : reading,
    );
    const wire = (over: object) => sessionCloseBody.encode({ ...close, ...over });
    const longer = readings.map((reading, at) =>
      at === 2 ? { ...reading, atMs: reading.atMs + 1 } : reading,
    );
    const path = `disputes/${idOf(revised)}/answer`;
    assert.equal(
      await refusal(rig.duke, path, { outcome: 'revised', evidence, close: wire({ readings: longer }) }),
      'LEDGER_BAD_SIGNATURE',
    );
    const changed = await answering(revised, { outcome: 'revised', close: wire({ readings }) });
    assert.ok((changed.answer?.totalMicros ?? 0n) < (revised.body?.totalMicros ?? 0n));
    assert.deepEqual(changed.revision?.readings, readings);
    assert.equal(
      (await answering(upheld, { outcome: 'upheld' })).answer?.totalMicros,
      upheld.body?.totalMicros,
    );
    assert.equal((await answering(credited, { outcome: 'credited' })).answer?.totalMicros, 0n);

    const silence = `disputes/${idOf(silent)}/silence`;
    assert.equal(await refusal(rig.duke, silence), 'RECORD_NOT_FOUND');
    assert.equal((await post(rig.alabama, silence, shownDispute)).record.state, 'credited');
    assert.equal((await post(rig.alabama, silence, shownDispute)).record.state, 'credited');

    const supplementing = async (
      gateway: TestGateway,
      dispute: ShownDispute,
      state: 'revised' | 'upheld',
    ) => {
      await seen(gateway, idOf(dispute), state);
      const to = `disputes/${idOf(dispute)}/supplement`;
      const told = await post(gateway, to, supplementAnswer, { periodId });
      assert.deepEqual(await post(gateway, to, supplementAnswer, { periodId }), told);
      assert.deepEqual(
        [told.dispute.record.state, told.supplement.record.state, told.supplement.record.supplementTo],
        ['settled', 'accepted', invoice.record.invoiceId],
      );
      return told.supplement.body.totalMicros;
    };
    // Home accepts the one by saying so, the other by its silence.
    const supplements =
      (await supplementing(rig.alabama, revised, 'revised')) +
      (await supplementing(rig.duke, upheld, 'upheld'));
    const to = `disputes/${idOf(credited)}/supplement`;
    assert.equal(await refusal(rig.alabama, to, { periodId }), 'LEDGER_WRONG_STATE');
    const of = `disputes/${idOf(silent)}/supplement`;
    assert.equal(await refusal(rig.alabama, of, { periodId }), 'RECORD_NOT_FOUND');

    // What changed comes once more behind what was read, each as it is now.
    await seen(rig.duke, idOf(revised), 'settled');
    const since = await changesSince(rig.duke, 'vun', raised.cursor);
    assert.deepEqual([...since.ids].sort(), [...raised.ids].sort());
    assert.equal(since.ids.at(-1), idOf(upheld));
    assert.deepEqual((await changesSince(rig.duke, 'vun', since.cursor)).ids, []);
    assert.deepEqual((await changesSince(rig.duke, 'hun')).ids, []);

    // What was disputed is credited whole; what stands of it comes back, and no more.
    assert.equal(supplements, (upheld.body?.totalMicros ?? 0n) + (changed.answer?.totalMicros ?? 0n));
  });

  it('home contests records of an invoice that it accepted; what is not owed of them is netted as a credit note', async () => {
    const late: string[] = [];
    for (const evseId of EVSES.slice(0, 2)) late.push(await chargeAndPark(rig, evseId));
    for (const sessionId of late) await untilState(rig, sessionId, 'closed');
    const { record, body } = await issueOne(rig.duke, periodId);
    await untilInvoiced(rig.alabama, record.invoiceId);
    await post(rig.alabama, `invoices/${record.invoiceId}/accept`, operatorReceipt);
    const asking = {
      disputes: late.map((sessionId) => ({ sessionId, reason: 'DRIVER', evidence: 'I was not there' })),
    };
    const path = `invoices/${record.invoiceId}/disputes`;
    const told = await post(rig.alabama, path, disputeAnswer, asking);
    assert.deepEqual(await post(rig.alabama, path, disputeAnswer, asking), told);
    assert.deepEqual([told.invoice.record.state, told.invoice.body], ['accepted', body]);
    const [upheld, credited] = told.disputes;
    assert.ok(upheld?.record.late && credited?.record.late);
    const answers = [
      [upheld, 'upheld'],
      [credited, 'credited'],
    ] as const;
    for (const [dispute, outcome] of answers) {
      await seen(rig.duke, dispute.record.disputeId, 'disputed');
      const to = `disputes/${dispute.record.disputeId}`;
      const answer = { outcome, evidence: 'the meter says so' };
      const shown = await post(rig.duke, `${to}/answer`, shownDispute, answer);
      assert.equal(shown.silentUntilMs, undefined);
      assert.equal(await refusal(rig.duke, `${to}/supplement`, { periodId }), 'LEDGER_WRONG_STATE');
      await seen(rig.alabama, dispute.record.disputeId, outcome);
    }
    const note = (dispute: ShownDispute) => `disputes/${dispute.record.disputeId}/credit-note`;
    assert.equal(await refusal(rig.alabama, note(upheld), { periodId }), 'LEDGER_WRONG_STATE');
    const { dispute, credit } = await post(rig.alabama, note(credited), creditAnswer, { periodId });
    assert.equal(dispute.record.creditId, credit.record.creditId);
    assert.equal(credit.body.totalMicros, credited.body?.totalMicros);
    assert.deepEqual(await post(rig.alabama, note(credited), creditAnswer, { periodId }), {
      dispute,
      credit,
    });
    assert.deepEqual((await get(rig.alabama, 'credits?role=hun', creditPage)).items, [credit]);

    // Both gateways net by themselves: what was accepted, came back, and is taken off.
    const called = await rig.alabama.tell({
      path: 'netting/call',
      command: { commandId: 'call-disputes', utilityId: ALABAMA, periodId, round: 1 },
    });
    assert.equal(called.status, 200, JSON.stringify(called.body));
    const netted = await until('the period is netted', async () => {
      const answer = await rig.duke.ask('auditor', 'GET', `/auditor/v1/nettings?periodId=${periodId}`);
      const [first] = answer.body['items'] as unknown[];
      return first === undefined ? undefined : auditedNetting.parse(first).record;
    });
    const { invoices } = await get(rig.duke, `invoices?role=vun&periodId=${periodId}`, invoicePage);
    const { items } = await get(rig.duke, 'disputes?role=vun&limit=500', disputePage);
    const owed = invoices
      .filter((each) => each.record.state === 'netted')
      .reduce((sum, each) => sum + each.body.payableMicros, 0n);
    const takenOff = items
      .filter((each) => each.record.late !== true)
      .reduce((sum, each) => sum + (each.body?.payableMicros ?? 0n), 0n);
    const duke = netted.positions.find(({ utilityId }) => utilityId === DUKE);
    assert.equal(duke?.netMicros, owed - takenOff - credit.body.payableMicros);
  });

  it('an auditor sees hashes and states alone', async () => {
    const path = `/auditor/v1/disputes?invoiceId=${invoice.record.invoiceId}`;
    const { body } = await rig.duke.ask('auditor', 'GET', path);
    const { items } = auditedDisputePage.parse(body);
    assert.deepEqual(items.map(({ state }) => state).sort(), ['credited', 'credited', 'settled', 'settled']);
    for (const secret of ['parked', 'TIME', 'Micros', 'sessionId', 'laneSequence'])
      assert.ok(!JSON.stringify(body).includes(secret));
    const notes = await rig.duke.ask('auditor', 'GET', `/auditor/v1/credits?periodId=${periodId}`);
    assert.deepEqual(
      auditedCreditPage.parse(notes.body).items.map(({ state }) => state),
      ['netted'],
    );
    assert.ok(!JSON.stringify(notes.body).includes('Micros'));
    assert.equal((await rig.duke.ask('auditor', 'GET', '/internal/v1/disputes?role=hun')).status, 403);
    const operator = await rig.duke.ask('operator', 'GET', '/auditor/v1/disputes?state=credited');
    assert.ok((operator.body['items'] as unknown[]).length >= 2);
  });

  it('an auditor proves each record with its dispute, and the whole ledger, by a model of his own', async () => {
    assert.equal(await proveDisputed(rig), sessions.length + 2);
  });
});
