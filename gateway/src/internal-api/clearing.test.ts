import assert from 'node:assert/strict';
import {
  auditedNetting,
  auditedUnmatchedPage,
  invoicedRecordPage,
  invoiceEntry,
  invoicePage,
  invoiceRunAnswer,
  issuerEntry,
  ledgerHead,
  missingPage,
  ownPayments,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { get, keepBegun, refusal } from '../testing/clearing-calls.ts';
import { AGREEMENT_ID, ALABAMA, DUKE, EVSES, STATION_ID } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';
import { chargeAt, startAt, untilState } from '../testing/session-driver.ts';

describe('clearing, and a gateway’s other doors', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('clearing');
    for (const evseId of EVSES) {
      await untilState(rig, await chargeAt(rig.station, evseId, 60_000, 800n), 'closed');
    }
  });
  after(async () => {
    let known = await headNow();
    const isStill = async (): Promise<boolean> => {
      const before = known;
      known = await headBehind(before, 500);
      return known === before;
    };
    while (!(await isStill()));
    const waiting = headBehind(known);
    await Promise.all([headNow(), headNow()]);
    await rig.close();
    assert.equal(await waiting, known, 'who waits for a block is answered when the gateway ends');
  });

  const headBehind = async (known: string | undefined, waitMs = 20_000): Promise<string> => {
    const query = known === undefined ? '' : `?after=${known}&waitMs=${waitMs}`;
    return (await get(rig.duke, `head${query}`, ledgerHead)).nextBlock;
  };
  const headNow = () => headBehind(undefined);

  it('tells commands only for those who may, and passes on the contract’s own refusal', async () => {
    const command = { commandId: 'x-1', agreementId: AGREEMENT_ID, version: 9 };
    const rows: [Parameters<TestGateway['tell']>[0], Parameters<TestGateway['tell']>[1], number, string][] = [
      [{ path: 'consortium/endAgreement', command }, 'aaa', 403, 'FORBIDDEN'],
      [{ path: 'consortium/endAgreement', command }, 'auditor', 403, 'FORBIDDEN'],
      [{ path: 'consortium/endAgreement', command: { commandId: 'x' } }, 'operator', 400, 'INVALID_REQUEST'],
      [{ path: 'consortium/endAgreement', command }, 'operator', 409, 'LEDGER_CONFLICT'],
      [{ path: 'session/close', command }, 'operator', 404, 'COMMAND_UNKNOWN'],
      [{ path: 'constructor/toString', command }, 'operator', 404, 'COMMAND_UNKNOWN'],
    ];
    for (const [step, role, status, code] of rows) {
      const answer = await rig.duke.tell(step, role);
      assert.deepEqual([answer.status, answer.body['code']], [status, code], step.path);
    }
  });

  it('tells its own router who issues a CIN and under which terms', async () => {
    const { body } = await rig.duke.ask('router', 'GET', '/internal/v1/registry/issuers/USALP');
    const entry = issuerEntry.parse(body);
    assert.equal(entry.utility.name, 'Alabama Power');
    assert.equal(entry.agreement?.agreementId, AGREEMENT_ID);
    assert.equal(entry.terms?.shares.vun, 800_000n);
    assert.ok(entry.asOfBlock > 0);
    const own = issuerEntry.parse(
      (await rig.duke.ask('router', 'GET', `/internal/v1/registry/issuers/${DUKE}`)).body,
    );
    // Tests before this one share the consortium, and may have agreed on own customers' terms.
    assert.ok(own.agreement?.parties.every((party) => party === DUKE) ?? true);
    assert.equal((await rig.duke.ask('router', 'GET', '/internal/v1/registry/issuers/FRXYZ')).status, 404);
    assert.equal(
      (await rig.duke.ask('aaa', 'GET', `/internal/v1/registry/stations/${STATION_ID}`)).status,
      200,
    );
    assert.equal(
      (await rig.duke.ask('auditor', 'GET', `/internal/v1/registry/stations/${STATION_ID}`)).status,
      403,
    );
  });

  it('invoices what is due once, and it is accepted, netted and paid to the last micro', async () => {
    const untilMs = Date.now() + 3_600_000;
    const run = async () => {
      const { status, body } = await rig.duke.ask('aaa', 'POST', '/internal/v1/periods/2026-11-28/invoices', {
        untilMs,
      });
      assert.equal(status, 200, JSON.stringify(body));
      return invoiceRunAnswer.parse(body).invoices;
    };
    const head = await headNow();
    const behind = headBehind(head);
    const invoices = await run();
    assert.ok(BigInt(await behind) > BigInt(head), 'it is told that blocks came');
    assert.equal((await rig.duke.ask('router', 'GET', '/internal/v1/head')).status, 403);
    assert.ok(invoices.length >= 1);
    assert.deepEqual(
      (await run()).map(({ record }) => record.invoiceId),
      invoices.map(({ record }) => record.invoiceId),
    );
    for (const { body } of invoices) {
      const { hun, vun, infrastructure, driver } = body.shares;
      assert.equal(hun + vun + infrastructure + driver, body.totalMicros);
      assert.equal(body.payableMicros, vun + infrastructure);
    }
    const ids = invoices.map(({ record }) => record.invoiceId);
    const listed: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const path = `invoices?role=vun&state=issued&limit=1&after=${cursor}`;
      const page: z.output<typeof invoicePage> = await get(rig.duke, path, invoicePage);
      assert.ok(page.invoices.length <= 1);
      listed.push(...page.invoices.map(({ record }) => record.invoiceId));
      ({ cursor } = page);
    }
    assert.deepEqual(listed, [...ids].sort());
    for (const { record, body } of invoices) {
      const of = await get(rig.duke, `invoices/${record.invoiceId}/records`, invoicedRecordPage);
      assert.equal(of.items.length, body.sessions);
      for (const { cdr } of of.items) {
        const path = `sessions/${cdr.sessionId}/invoice`;
        assert.equal((await get(rig.duke, path, invoiceEntry)).record.invoiceId, record.invoiceId);
      }
    }
    const unknown = await rig.duke.ask('aaa', 'GET', '/internal/v1/sessions/USDUK-USALP-g0-99999/invoice');
    assert.equal(unknown.body['code'], 'RECORD_NOT_FOUND');
    for (const invoiceId of ids) {
      const accepted = await until('the invoice can be accepted', async () => {
        const answer = await rig.alabama.ask('aaa', 'POST', `/internal/v1/invoices/${invoiceId}/accept`);
        return answer.status === 404 ? undefined : answer;
      });
      assert.equal(accepted.status, 200, JSON.stringify(accepted.body));
    }
    await keepBegun(rig.alabama, `clearing/${ids[0]}`);
    const stray = { sessionId: 'USDUK-USALP-g0-99999', reason: 'TIME', evidence: 'never' };
    const path = `invoices/${ids[0]}/disputes`;
    assert.equal(
      await refusal(rig.alabama, path, { disputes: [stray] }),
      'RECORD_NOT_FOUND',
      'what became of an older command is no answer to this one',
    );
    const called = await rig.alabama.tell({
      path: 'netting/call',
      command: { commandId: 'call-1', utilityId: ALABAMA, periodId: '2026-11-28', round: 1 },
    });
    assert.equal(called.status, 200, JSON.stringify(called.body));
    // Both gateways close the pair, state their positions and net by themselves.
    const netting = async (gateway: TestGateway, state = 'open') =>
      until(`the netting is ${state}`, async () => {
        const { body } = await gateway.ask(
          'auditor',
          'GET',
          `/auditor/v1/nettings?periodId=2026-11-28&state=${state}`,
        );
        const [first] = body['items'] as unknown[];
        return first === undefined ? undefined : auditedNetting.parse(first);
      });
    const { record, payments } = await netting(rig.duke);
    const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
    assert.equal(sum(record.positions.map(({ netMicros }) => netMicros)), 0n);
    const owed = invoices.reduce((total, { body }) => total + body.payableMicros, 0n);
    const duke = record.positions.find(({ utilityId }) => utilityId === DUKE);
    assert.ok(duke);
    assert.equal(duke.netMicros, owed);
    // What an earlier netting on this ledger was too small to pay is brought along.
    const paidNow = sum(payments.map(({ amountMicros }) => amountMicros));
    assert.equal(paidNow + duke.carriedMicros, owed + duke.broughtMicros);
    const tell = async (gateway: TestGateway, path: string, command: Record<string, unknown>) => {
      const answer = await gateway.tell({ path, command });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    };
    for (const { paymentId, amountMicros } of payments) {
      await tell(rig.alabama, 'payment/send', {
        commandId: `send-${paymentId}`,
        paymentId,
        means: { kind: 'bank', endToEndId: paymentId },
      });
      const receipt = (receiptId: string, endToEndId: string) => ({
        receiptId,
        of: { kind: 'bank', entryReference: receiptId, endToEndId, statementHash: 'ab'.repeat(32) },
        currency: 'USD',
        amountMicros: amountMicros.toString(),
        valueAtMs: 0,
      });
      await tell(rig.duke, 'payment/receive', {
        commandId: `receive-${paymentId}`,
        paymentId,
        receipt: receipt('r-1', paymentId),
      });
      await tell(rig.duke, 'payment/unmatched', {
        commandId: `unmatched-${paymentId}`,
        utilityId: DUKE,
        receipt: receipt('r-2', 'UNKNOWN'),
      });
    }
    assert.equal((await netting(rig.duke, 'settled')).payments[0]?.state, 'confirmed');
    const paid = payments.map(({ paymentId }) => paymentId);
    const own = async (gateway: TestGateway, sinceMs: number, role: 'aaa' | 'operator' = 'aaa') => {
      const answer = await gateway.ask(role, 'GET', `/internal/v1/payments?sinceMs=${sinceMs}`);
      return answer.status === 200
        ? ownPayments
            .parse(answer.body)
            .payments.map(({ paymentId }) => paymentId)
            .filter((paymentId) => paid.includes(paymentId))
        : answer.status;
    };
    assert.deepEqual(await own(rig.duke, record.nettedAtMs), paid);
    assert.deepEqual(await own(rig.duke, record.nettedAtMs + 1), [], 'it was netted before');
    assert.equal(await own(rig.duke, 0, 'operator'), 403);
    const notMatched = await rig.alabama.ask('auditor', 'GET', `/auditor/v1/unmatched?utilityId=${DUKE}`);
    assert.equal(auditedUnmatchedPage.parse(notMatched.body).items[0]?.state, 'open');
    const { body } = await rig.duke.ask(
      'auditor',
      'GET',
      '/auditor/v1/invoices?state=paid&periodId=2026-11-28',
    );
    assert.equal((body['items'] as unknown[]).length, ids.length);
  });

  it('serves its interface as OpenAPI, its health and its metrics', async () => {
    const url = rig.duke.running.url;
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      paths: Record<string, unknown>;
    };
    for (const path of [
      '/station/v1/swipes',
      '/station/v1/sessions/{sessionId}/stop',
      '/operator/v1/commands/{contract}/{transaction}',
      '/internal/v1/cdrs',
      '/auditor/v1/gaps',
    ]) {
      assert.ok(path in document.paths, path);
    }
    const ready = await fetch(`${url}/readyz`);
    const { checks } = (await ready.json()) as { checks: { name: string; ok: boolean }[] };
    assert.equal(ready.status, 200);
    assert.deepEqual(
      checks.map(({ name, ok }) => `${name} ${ok}`),
      ['chain', 'block-stream', 'caught-up', 'records', 'endorsement-clock', 'database', 'router'].map(
        (name) => `${name} true`,
      ),
    );
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /roamgrid_ledger_height\{[^}]*\} [1-9]/);
    assert.match(metrics, /roamgrid_queue_depth\{[^}]*state="waiting"[^}]*\} 0/);
    assert.match(metrics, /roamgrid_commit_seconds_count\{[^}]*kind="settle"[^}]*\} [1-9]/);
  });

  it('a session without an end is on both sides’ list, and demanded only once its time is over', async () => {
    const { sessionId } = await startAt(rig.station, EVSES[0]);
    await untilState(rig, sessionId, 'opened');
    const { items } = await get(rig.duke, 'missing?role=vun&kind=not-ended&limit=500', missingPage);
    const found = items.find((item) => item.sessionId === sessionId) ?? assert.fail();
    assert.ok((found.dueAtMs ?? 0) > found.openedAtMs);
    assert.equal(await refusal(rig.duke, `sessions/${sessionId}/demand`), 'RECORD_NOT_FOUND');
    await until('home’s gateway has read the opening', async () => {
      const code = await refusal(rig.alabama, `sessions/${sessionId}/demand`);
      return code === 'LEDGER_WRONG_STATE' ? true : undefined;
    });
    const { body } = await rig.alabama.ask('auditor', 'GET', '/auditor/v1/missing');
    assert.deepEqual(body['items'], []);
    const stop = rig.station.stopRequest(EVSES[0], rig.station.now(EVSES[0]));
    assert.equal((await rig.station.post(`sessions/${sessionId}/stop`, stop)).status, 200);
  });
});
