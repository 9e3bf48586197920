import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { unwrap } from '@roamgrid/domain';
import { canonicalText, gridCommands, parseSessionId, sessionCommands } from '@roamgrid/wire';
import { gatewayConfig } from '../config.ts';
import { testNow } from '../testing/clock.ts';
import { AGREEMENT_ID, ALABAMA, DUKE, EVSES } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { MSP } from '../testing/ledger-rig.ts';
import { LedgerRefusal, LedgerUnavailable } from './errors.ts';
import { GatewayLedger } from './gateway-ledger.ts';
import type { LedgerCommand } from './ledger.ts';
import { DEFAULT_RETRY } from './retry.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const ONCE = { ...DEFAULT_RETRY, endorsements: 0 };
/** Beyond what an endorser signs. */
const OFF_MS = 5 * 60_000;

describe('the endorsers’ clocks', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('clock');
  });
  after(() => rig.close());

  const ledgerAt = (proposalTimeMs: () => number = testNow, limits = ONCE) =>
    new GatewayLedger(gatewayConfig.parse(rig.config(DUKE, 'unused')).ledger, limits, { proposalTimeMs });
  const later = (ms: number) => () => testNow() + ms;

  let hour = 0;
  const demand = (endorsers: readonly string[]): LedgerCommand => {
    hour += 1;
    const atMs = 1_500_000_000_000 + hour * HOUR_MS;
    const chunk = {
      utilityId: DUKE,
      areaId: 'CLOCK',
      intervalMs: HOUR_MS,
      readings: [{ atMs, demandW: 1n }],
    };
    return {
      contract: 'grid',
      transaction: 'recordDemand',
      argument: canonicalText(gridCommands.recordDemand, { commandId: `clock-${hour}`, chunk }),
      endorsers,
      role: 'grid-operator',
    };
  };
  const expiry = (sessionId: string) => {
    const { laneId, number } = unwrap(parseSessionId(sessionId));
    const commandId = `expire-${sessionId}`;
    return { commandId, vun: DUKE, hun: ALABAMA, agreementId: AGREEMENT_ID, laneId, number };
  };
  const expire = (sessionId: string, endorsers: readonly string[]): LedgerCommand => ({
    contract: 'session',
    transaction: 'expire',
    argument: canonicalText(sessionCommands.expire, expiry(sessionId)),
    endorsers,
    role: 'operator',
  });
  /** What nobody signed, with the endorsers' word for it. */
  const unsigned = (text: RegExp) => (thrown: unknown) =>
    thrown instanceof LedgerUnavailable &&
    text.test(thrown.message) &&
    thrown.cause instanceof LedgerRefusal &&
    thrown.cause.code === 'CLOCK_SKEW';

  const stateOf = async (sessionId: string): Promise<string | undefined> => {
    const { body } = await rig.alabama.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
    return (body['record'] as { state: string } | undefined)?.state;
  };
  const begin = async (evseId: string): Promise<string> => {
    const { swipeId, offer } = await rig.station.offer({ evseId });
    const reading = rig.station.begin(offer);
    const answer = await rig.station.post(
      'sessions',
      await rig.station.startRequest(swipeId, offer, reading),
    );
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return offer.quote.sessionId;
  };
  const end = async (sessionId: string, evseId: string): Promise<void> => {
    const after = { ...rig.station.now(evseId), atMs: testNow() + 1_000 };
    const answer = await rig.station.post(
      `sessions/${sessionId}/stop`,
      rig.station.stopRequest(evseId, after),
    );
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };
  const isIn = (sessionId: string, state: 'opened' | 'closed') =>
    until('the session stands on the ledger', async () =>
      (await stateOf(sessionId)) === state ? true : undefined,
    );

  it('keep a running session from being expired by a stated future: either party’s endorser refuses', async () => {
    const sessionId = await begin(EVSES[0]);
    await isIn(sessionId, 'opened');
    const future = ledgerAt(later(400 * DAY_MS));
    for (const endorsers of [[MSP.alabama], [MSP.duke], [MSP.alabama, MSP.duke]]) {
      await assert.rejects(
        future.submit(expire(sessionId, endorsers)),
        unsigned(/CLOCK_SKEW: the proposal is dated 345\d{8} ms after the clock of this endorser/),
      );
    }
    future.close();
    assert.equal(await stateOf(sessionId), 'opened');
    // At its own time the contract is asked, and says that it is too early.
    for (const gateway of [rig.duke, rig.alabama]) {
      const early = await gateway.tell({ path: 'session/expire', command: expiry(sessionId) });
      // A home that was not asked about an opening has no way to show it.
      const code = gateway === rig.duke ? 'LEDGER_WRONG_STATE' : 'LEDGER_INVALID_ARGUMENT';
      assert.equal(early.body['code'], code, JSON.stringify(early.body));
    }
    await end(sessionId, EVSES[0]);
  });

  it('refuse a command that is dated back or ahead by more than a minute, and sign one by less', async () => {
    for (const ms of [-400 * DAY_MS, -61_000, 61_000, OFF_MS]) {
      const ledger = ledgerAt(later(ms));
      for (const mspId of [MSP.alabama, MSP.duke])
        await assert.rejects(ledger.submit(demand([mspId])), unsigned(/CLOCK_SKEW/), `${mspId} ${ms}`);
      ledger.close();
    }
    for (const ms of [-50_000, 50_000]) {
      const ledger = ledgerAt(later(ms));
      await ledger.submit(demand([MSP.alabama, MSP.duke]));
      ledger.close();
    }
  });

  // Whose hosts' clocks a test can set: the embedded ledger's.
  if ((process.env['TEST_LEDGER'] ?? 'embedded') === 'embedded')
    describe('that differ', () => {
      afterEach(() => {
        shift(MSP.alabama, 0);
      });
      const shift = (mspId: string, byMs: number): void => {
        assert.ok(rig.ledger.shiftClock);
        rig.ledger.shiftClock(mspId, byMs);
      };

      it('cost a retry: the command is proposed again until both sign', async () => {
        shift(MSP.alabama, OFF_MS);
        const once = ledgerAt();
        const command = demand([MSP.alabama, MSP.duke]);
        await assert.rejects(once.submit(command), unsigned(/ms before the clock of this endorser/));
        once.close();
        const ledger = ledgerAt(undefined, DEFAULT_RETRY);
        const committing = ledger.submit(command);
        await sleep(200);
        shift(MSP.alabama, 0);
        assert.equal((await committing).receipt.commandId, `clock-${hour}`);
        ledger.close();
      });

      it('for longer than the repeats of one telling lose no fact: it is told until it is recorded', async () => {
        shift(MSP.alabama, -OFF_MS);
        const sessionId = await begin(EVSES[1]);
        // An opening needs no particular utility; the end needs both.
        await isIn(sessionId, 'opened');
        await end(sessionId, EVSES[1]);
        await sleep(6_000);
        assert.equal(await stateOf(sessionId), 'opened');
        const metrics = await (await fetch(`${rig.duke.running.url}/metrics`)).text();
        assert.doesNotMatch(metrics, /roamgrid_queue_depth\{[^}]*state="parked"[^}]*\} [1-9]/);
        shift(MSP.alabama, 0);
        await isIn(sessionId, 'closed');
      });
    });

  it('are shown by /readyz as the own contracts say, and not at an auditor’s, who runs none', async () => {
    const checksAt = async (url: string) => {
      const { checks } = (await (await fetch(`${url}/readyz`)).json()) as { checks: { name: string }[] };
      return checks.filter(({ name }) => name === 'endorsement-clock');
    };
    assert.deepEqual(await checksAt(rig.duke.running.url), [
      { name: 'endorsement-clock', ok: true, detail: 'on' },
    ]);
    const auditor = await rig.auditor();
    assert.deepEqual(await checksAt(auditor.running.url), []);
  });
});
