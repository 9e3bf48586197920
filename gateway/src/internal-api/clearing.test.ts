import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { verifyInclusion } from '@roamgrid/domain';
import {
  auditedSessionPage,
  bodyHash,
  gapReport,
  gridFigures,
  invoiceRunAnswer,
  issuerEntry,
  nettingRecord,
  sessionCloseBody,
  sessionEvidence,
} from '@roamgrid/wire';
import { AGREEMENT_ID, DUKE, EVSES, STATION_ID } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');

describe('clearing and audit', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  const sessions: string[] = [];
  before(async () => {
    rig = await gatewayRig('clearing');
    for (const evseId of EVSES) {
      const { swipeId, offer } = await rig.station.offer({ evseId });
      const begin = { atMs: offer.quote.issuedAtMs, registerWh: 0n, charging: true };
      const started = await rig.station.post(
        'sessions',
        await rig.station.startRequest(swipeId, offer, begin),
      );
      assert.equal(started.status, 201);
      const end = { atMs: begin.atMs + 60_000, registerWh: 800n, charging: true };
      await rig.station.post(`sessions/${offer.quote.sessionId}/stop`, rig.station.stopRequest(evseId, end));
      sessions.push(offer.quote.sessionId);
    }
    for (const gateway of [rig.duke, rig.alabama]) {
      for (const sessionId of sessions) await closed(gateway, sessionId);
    }
  });
  after(() => rig.close());

  const closed = (gateway: TestGateway, sessionId: string) =>
    until('the session is closed', async () => {
      const { status, body } = await gateway.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
      return status === 200 && (body['record'] as { state: string }).state === 'closed' ? body : undefined;
    });

  it('gives evidence that verifies offline: bodies to hashes, the leaf to the root', async () => {
    for (const gateway of [rig.duke, rig.alabama]) {
      const evidence = sessionEvidence.parse(await closed(gateway, sessions[1] ?? ''));
      const { record, batch, openBody = '', closeBody = '', proof } = evidence;
      assert.equal(bodyHash(openBody), record.openHash);
      assert.equal(bodyHash(closeBody), record.closeHash);
      assert.ok(proof !== undefined && batch !== undefined);
      const inclusion = { leafIndex: proof.index, treeSize: proof.size, path: proof.path.map(bytes) };
      const leaf = bytes(bodyHash(closeBody));
      assert.equal(verifyInclusion(sha256, leaf, inclusion, bytes(batch.merkleRoot)), true);
      assert.equal(
        verifyInclusion(sha256, bytes(bodyHash(openBody)), inclusion, bytes(batch.merkleRoot)),
        false,
      );
      assert.equal(sessionCloseBody.parse(JSON.parse(closeBody)).cdr.totalMicros, 1_254_000n);
      assert.ok(evidence.transactions.length >= 2);
      assert.ok(evidence.transactions.every(({ valid }) => valid));
    }
    const { status } = await rig.duke.ask('auditor', 'GET', '/auditor/v1/sessions/nobody');
    assert.equal(status, 404);
  });

  it('lists sessions by page and filter, and shows bodies to the parties only', async () => {
    const ask = async (gateway: TestGateway, query: string) => {
      const { status, body } = await gateway.ask('auditor', 'GET', `/auditor/v1/sessions?${query}`);
      assert.equal(status, 200, JSON.stringify(body));
      return auditedSessionPage.parse(body);
    };
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await ask(
        rig.duke,
        `limit=3${cursor === undefined ? '' : `&after=${encodeURIComponent(cursor)}`}`,
      );
      seen.push(...page.items.map(({ record }) => record.sessionId));
      cursor = page.cursor;
    } while (cursor !== undefined);
    assert.equal(new Set(seen).size, seen.length);
    for (const sessionId of sessions) assert.ok(seen.includes(sessionId));
    assert.deepEqual((await ask(rig.duke, 'state=voided')).items, []);
    assert.deepEqual((await ask(rig.duke, 'utilityId=USGPC')).items, []);
    assert.deepEqual((await ask(rig.duke, 'untilMs=1000')).items, []);
    const here = await ask(rig.duke, `stationId=${STATION_ID}&utilityId=${DUKE}&limit=500`);
    assert.ok(here.items.every(({ stationId, cdr }) => stationId === STATION_ID && cdr !== undefined));
    const auditor = await rig.auditor();
    const outside = await until('the auditor’s gateway has read the sessions', async () => {
      const page = await ask(auditor, 'limit=500');
      return page.items.some(({ record }) => record.sessionId === sessions[3] && record.state === 'closed')
        ? page
        : undefined;
    });
    assert.ok(outside.items.every(({ stationId, cdr }) => stationId === undefined && cdr === undefined));
  });

  it('shows grid demand that a grid operator recorded, with bigints whole', async () => {
    const readings = [0, 1, 2].map((hour) => ({
      atMs: 1_700_000_000_000 + hour * 3_600_000,
      demandW: (9_007_199_254_740_993n + BigInt(hour)).toString(),
    }));
    const chunk = { utilityId: DUKE, areaId: 'DUK', intervalMs: 3_600_000, readings };
    const step = { path: 'grid/recordDemand', command: { commandId: 'demand-1', chunk } };
    const told = await rig.duke.tell(step, 'grid-operator');
    assert.equal(told.status, 200, JSON.stringify(told.body));
    const again = await rig.duke.tell(step, 'grid-operator');
    assert.deepEqual(again.body['wrote'], told.body['wrote']);
    const { body } = await rig.duke.ask(
      'auditor',
      'GET',
      `/auditor/v1/demand?utilityId=${DUKE}&areaId=DUK&limit=2`,
    );
    const items = body['items'] as { demandW: string }[];
    assert.deepEqual(
      items.map(({ demandW }) => demandW),
      ['9007199254740993', '9007199254740994'],
    );
    const cursor = String(body['cursor']);
    const next = await rig.duke.ask(
      'auditor',
      'GET',
      `/auditor/v1/demand?utilityId=${DUKE}&areaId=DUK&limit=2&after=${cursor}`,
    );
    assert.equal((next.body['items'] as unknown[]).length, 1);
  });

  it('tells its own AAA node, and nobody else, the latest reading and the highest of a span', async () => {
    const startMs = 1_710_000_000_000;
    const watts = ['9000000000000000001', '10000000000000000000', '10000000000000000000', '5'];
    const readings = watts.map((demandW, at) => ({ atMs: startMs + at * 60_000, demandW }));
    const chunk = { utilityId: DUKE, areaId: 'DUK-FIGURES', intervalMs: 60_000, readings };
    const step = { path: 'grid/recordDemand', command: { commandId: 'figures-1', chunk } };
    assert.equal((await rig.duke.tell(step, 'grid-operator')).status, 200);
    const path = (areaId: string, fromMs: number, untilMs: number) =>
      `/internal/v1/grid/areas/${areaId}/figures?fromMs=${fromMs}&untilMs=${untilMs}`;
    const ask = async (fromMs: number, untilMs: number) => {
      const answer = await rig.duke.ask('aaa', 'GET', path('DUK-FIGURES', fromMs, untilMs));
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      const { latest, highest } = gridFigures.parse(answer.body);
      return [latest, highest].map((each) => each && [(each.atMs - startMs) / 60_000, each.powerW]);
    };
    assert.deepEqual(await ask(startMs, startMs + 180_000), [
      [3, 5n],
      [1, 10_000_000_000_000_000_000n],
    ]);
    assert.deepEqual(await ask(startMs, startMs + 59_999), [
      [0, 9_000_000_000_000_000_001n],
      [0, 9_000_000_000_000_000_001n],
    ]);
    // The latest may be older than the span, as yesterday's last one is just after midnight.
    assert.deepEqual(await ask(startMs + 180_001, startMs + 999_999), [[3, 5n], undefined]);
    assert.deepEqual(await ask(0, startMs - 1), [undefined, undefined]);
    const others = await rig.duke.ask('aaa', 'GET', path('ALP', startMs, startMs + 180_000));
    assert.equal(others.body['latest'], undefined);
    assert.equal(
      (await rig.alabama.ask('aaa', 'GET', path('DUK-FIGURES', 0, startMs * 2))).body['latest'],
      undefined,
    );
    assert.equal((await rig.duke.ask('router', 'GET', path('DUK-FIGURES', 0, startMs))).status, 403);
    assert.equal((await rig.duke.ask('aaa', 'GET', path('DUK-FIGURES', -1, startMs))).status, 400);
  });

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
      const answer = await rig.alabama.tell({ path: 'clearing/net', command });
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
          const answer = await gateway.tell({ path: 'clearing/confirmPayment', command });
          return answer.status === 200 ? answer : undefined;
        });
      await pay(rig.alabama, 'sent');
      await pay(rig.duke, 'confirmed');
    }
    assert.equal((await netting(rig.duke)).state, 'settled');
    const { body } = await rig.duke.ask('auditor', 'GET', '/auditor/v1/invoices?state=paid&periodId=2026-11');
    assert.equal((body['items'] as unknown[]).length, ids.length);
  });

  it('reports no gap where there is none', async () => {
    const { body } = await rig.alabama.ask('auditor', 'GET', '/auditor/v1/gaps');
    const report = gapReport.parse(body);
    assert.deepEqual(report.gaps, []);
    assert.equal(report.pairs.length, 1);
    assert.ok((report.pairs[0]?.lastSequence ?? 0) >= sessions.length);
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
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /roamgrid_ledger_height\{[^}]*\} [1-9]/);
    assert.match(metrics, /roamgrid_queue_depth\{[^}]*state="waiting"[^}]*\} 0/);
    assert.match(metrics, /roamgrid_commit_seconds_count\{[^}]*kind="close"[^}]*\} [1-9]/);
  });
});
