import assert from 'node:assert/strict';
import {
  auditedSessionPage,
  bodyHash,
  isIncluded,
  gapReport,
  parseSettled,
  sessionEvidence,
  type InclusionPath,
} from '@roamgrid/wire';
import { authorityTests } from '../authority-api/authority.fixture.ts';
import { DUKE, DURHAM, EVSES, STATION_ID } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';
import { chargeAt } from '../testing/session-driver.ts';

const leadsTo = (text: string, path: InclusionPath, root: string): boolean =>
  isIncluded(bodyHash(text), path, root);

describe('the auditor API', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  const sessions: string[] = [];
  before(async () => {
    rig = await gatewayRig('audit');
    for (const evseId of EVSES) {
      sessions.push(await chargeAt(rig.station, evseId, 60_000, 800n));
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

  it('gives evidence that verifies offline: the bodies lead to the roots of the opening and the batch', async () => {
    for (const gateway of [rig.duke, rig.alabama]) {
      const evidence = sessionEvidence.parse(await closed(gateway, sessions[1] ?? ''));
      const { record, opening, openingProof, batch, openBody = '', settledBody = '', proof } = evidence;
      assert.ok(proof !== undefined && batch !== undefined && openingProof.state === 'present');
      assert.equal(leadsTo(openBody, openingProof.proof, opening.root), true);
      assert.equal(leadsTo(settledBody, proof, batch.merkleRoot), true);
      assert.equal(leadsTo(openBody, proof, batch.merkleRoot), false);
      assert.equal(parseSettled(settledBody).openText, openBody);
      assert.equal(record.batchId, batch.batchId);
      assert.equal(evidence.cdr?.totalMicros, 1_254_000n);
      assert.ok(evidence.transactions.length >= 2);
      assert.ok(evidence.transactions.every(({ valid }) => valid));
    }
    for (const [id, status] of [
      ['USDUK-USALP-none-1', 404],
      ['nobody', 400],
    ] as const) {
      const answer = await rig.duke.ask('auditor', 'GET', `/auditor/v1/sessions/${id}`);
      assert.equal(answer.status, status, id);
    }
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

  it('reports no gap where there is none', async () => {
    const { body } = await rig.alabama.ask('auditor', 'GET', '/auditor/v1/gaps');
    const report = gapReport.parse(body);
    assert.deepEqual(report.gaps, []);
    const lane = report.lanes.find(({ laneId }) => laneId === `USDUK-USALP-${DURHAM.group}`);
    assert.ok((lane?.lastSequence ?? 0) >= sessions.length);
  });

  authorityTests(() => ({ rig, sessions }));
});
