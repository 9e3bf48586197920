import assert from 'node:assert/strict';
import { openLedger } from '@roamgrid/gateway';
import { CHAINCODE_NAME, kioskState, LEDGER_LIMITS, sessionEvidence } from '@roamgrid/wire';
import { z } from 'zod';
import { DUKE_ENERGY, UTILITIES } from '../system/consortium.ts';
import { until } from '../system/until.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

const HOUR_MS = 3_600_000;
const readiness = z.object({
  checks: z.array(z.looseObject({ name: z.string(), detail: z.string().optional() })),
});

describe('the ledger behind the pages', function () {
  this.timeout(90_000);
  let stage: Stage;
  before(async function () {
    stage = await theStage(this);
  });

  it('lives at the wall’s time: each utility’s endorser compares with its clock', async () => {
    for (const { utilityId } of UTILITIES) {
      const answer = await fetch(`${stage.run.system.utility(utilityId).gateway.url}/readyz`);
      const { checks } = readiness.parse(await answer.json());
      assert.equal(checks.find(({ name }) => name === 'endorsement-clock')?.detail, 'on', utilityId);
    }
  });

  /** When each transaction was proposed, by its id, as the blocks say. */
  const proposedAt = async (): Promise<ReadonlyMap<string, number>> => {
    const { channel, mspId, address, tlsRootCertPath, user } = stage.run.system.ledger.endpoint(
      DUKE_ENERGY.mspId,
    );
    const connection = { channel, mspId, endpoint: address, tlsRootCertPath };
    const users = { operator: user('operator') };
    const ledger = openLedger({ kind: 'gateway', chaincode: CHAINCODE_NAME, ...connection, users });
    const stop = new AbortController();
    const times = new Map<string, number>();
    try {
      const height = await ledger.height();
      for await (const { number, transactions } of ledger.blocks(0n, stop.signal)) {
        for (const { transactionId, atMs } of transactions) times.set(transactionId, atMs);
        if (number + 1n >= height) break;
      }
    } finally {
      stop.abort();
      ledger.close();
    }
    return times;
  };

  it('gets what a kiosk takes at the wall’s time, however far the kiosk’s clock is behind', async () => {
    const url = stage.pages.kiosks[0]?.url ?? '';
    const post = async (step: string, body: unknown = {}) => {
      const answer = await fetch(`${url}/kiosk/v1/${step}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: new URL(url).origin },
        body: JSON.stringify(body),
      });
      return kioskState.parse(await answer.json());
    };
    const screen = async (wanted: string) =>
      until(`the kiosk shows ${wanted}`, async () => {
        const state = kioskState.parse(await (await fetch(`${url}/kiosk/v1/state`)).json());
        return state.screen === wanted ? state : undefined;
      });
    const { cin } = stage.run.stage;
    const beganMs = Date.now();
    const offered = await post('swipes', {
      cin,
      method: 'card',
      requestedEnergyWh: '10000',
      plannedMs: HOUR_MS,
    });
    assert.ok(
      offered.screen === 'offer',
      JSON.stringify(offered, (_, value: unknown) => String(value)),
    );
    const { quoteHash, quote } = offered.offer;
    await post('consent', { quoteHash });
    await screen('charging');
    await post('stop');
    const bill = await screen('bill');
    await post('done');
    assert.ok(bill.screen === 'bill' && bill.bill.endMs <= Date.now());

    const duke = stage.run.system.utility(DUKE_ENERGY.utilityId);
    const { transactions } = await until('the session is closed on the ledger', async () => {
      const path = `${duke.gateway.url}/auditor/v1/sessions/${quote.sessionId}`;
      const told = await duke.auditor('GET', path, undefined, sessionEvidence).catch(() => undefined);
      return told?.record.state === 'closed' ? told : undefined;
    });
    const times = await proposedAt();
    assert.ok(transactions.length >= 2);
    for (const { transactionId } of transactions) {
      const atMs = times.get(transactionId) ?? 0;
      assert.ok(Math.abs(atMs - beganMs) < LEDGER_LIMITS.endorsementSkewMs, `${atMs - beganMs} ms`);
    }
    const story = [...times.values()].filter((atMs) => atMs < beganMs - HOUR_MS);
    assert.ok(story.length > 10, 'the story before it was told in its own time');
  });
});
