import assert from 'node:assert/strict';
import { invoiceRunAnswer, issuerEntry, nettingRecord } from '@roamgrid/wire';
import { AGREEMENT_ID, DUKE, EVSES, STATION_ID } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';
import { chargeAt, untilState } from '../testing/session-driver.ts';

describe('clearing, and a gateway’s other doors', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('clearing');
    for (const evseId of EVSES) {
      await untilState(rig, await chargeAt(rig.station, evseId, 60_000, 800n), 'closed');
    }
  });
  after(() => rig.close());

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
    assert.equal(own.agreement, undefined);
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
      const { status, body } = await rig.duke.ask('aaa', 'POST', '/internal/v1/periods/2026-11/invoices', {
        untilMs,
      });
      assert.equal(status, 200, JSON.stringify(body));
      return invoiceRunAnswer.parse(body).invoices;
    };
    const invoices = await run();
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
    for (const invoiceId of ids) {
      const accepted = await until('the invoice can be accepted', async () => {
        const answer = await rig.alabama.ask('aaa', 'POST', `/internal/v1/invoices/${invoiceId}/accept`);
        return answer.status === 404 ? undefined : answer;
      });
      assert.equal(accepted.status, 200, JSON.stringify(accepted.body));
    }
    const net = await until('the netting is told', async () => {
      const command = {
        commandId: 'net-1',
        nettingId: 'net-2026-11',
        periodId: '2026-11',
        currency: 'USD',
        invoiceIds: ids,
      };
      const answer = await rig.alabama.tell({ path: 'netting/net', command });
      return answer.status === 200 ? answer : undefined;
    });
    assert.equal(net.status, 200);
    const netting = async (gateway: TestGateway) =>
      until('the netting is in the read model', async () => {
        const { body } = await gateway.ask('auditor', 'GET', '/auditor/v1/nettings?periodId=2026-11');
        const [first] = body['items'] as unknown[];
        return first === undefined ? undefined : nettingRecord.parse(first);
      });
    const { positions, payments } = await netting(rig.duke);
    assert.equal(
      positions.reduce((sum, { netMicros }) => sum + netMicros, 0n),
      0n,
    );
    const owed = invoices.reduce((sum, { body }) => sum + body.payableMicros, 0n);
    assert.equal(positions.find(({ utilityId }) => utilityId === DUKE)?.netMicros, owed);
    assert.equal(
      payments.reduce((sum, { amountMicros }) => sum + amountMicros, 0n),
      owed,
    );
    for (const { paymentId } of payments) {
      const pay = (gateway: TestGateway, step: string) =>
        until(`the payment is ${step}`, async () => {
          const command = {
            commandId: `pay-${paymentId}-${step}`,
            nettingId: 'net-2026-11',
            paymentId,
            step,
            reference: 'E2E-1',
          };
          const answer = await gateway.tell({ path: 'netting/confirmPayment', command });
          return answer.status === 200 ? answer : undefined;
        });
      await pay(rig.alabama, 'sent');
      await pay(rig.duke, 'confirmed');
    }
    assert.equal((await netting(rig.duke)).state, 'settled');
    const { body } = await rig.duke.ask('auditor', 'GET', '/auditor/v1/invoices?state=paid&periodId=2026-11');
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
});
