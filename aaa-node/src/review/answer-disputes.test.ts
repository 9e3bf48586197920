import assert from 'node:assert/strict';
import { HOME, nextSessionId, STATION, VISITED } from '@roamgrid/service-kit/testing';
import { disputeAnswer, type Cdr, type DisputeReason, type ShownDispute } from '@roamgrid/wire';
import { disputesAt, PADDED } from '../testing/disputes.ts';
import { commit, issueInvoice, settle } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { HOUR_MS, type SettledOptions } from '../testing/settled.ts';
import { until } from '../testing/until.ts';
import type { World } from '../testing/world.ts';

describe('disputes at an AAA node', () => {
  let roaming: Roaming;
  let world: World;
  const { change, lineOf, shown } = disputesAt(() => roaming);
  let hours = 0;
  let sequence = 0;

  before(async () => {
    roaming = await startRoaming();
    ({ world } = roaming);
  });
  after(() => roaming.close());

  describe('about records at this utility’s own outlets', () => {
    /** A record of another utility's customer here, which that utility disputes. */
    const disputed = async (reason: DisputeReason, changes: SettledOptions = {}): Promise<Cdr> => {
      const sessionId = nextSessionId(HOME, VISITED);
      hours += 2;
      const cdr = await settle(world.registry, {
        laneSequence: (sequence += 1),
        sessionId,
        cinRef: 'd2'.repeat(32),
        openedAtMs: Date.now() - 500 * HOUR_MS + hours * HOUR_MS,
        ...changes,
        quote: { vun: HOME, hun: VISITED },
      });
      commit(world.registry, 'vun', cdr, { cinRef: 'd2'.repeat(32), authorisedBy: 'home' });
      const invoiceId = issueInvoice(world.registry, [cdr], {}, { vun: HOME, hun: VISITED });
      const evidence = JSON.stringify({ sessionId, reason });
      const path = `${world.config.gatewayUrl}/internal/v1/invoices/${invoiceId}/disputes`;
      const body = { disputes: [{ sessionId, reason, evidence }] };
      const { disputes } = disputeAnswer.parse(await world.askGateway('POST', path, body));
      assert.equal(disputes.length, 1);
      return cdr;
    };
    const ledgerState = (cdr: Cdr, state: ShownDispute['record']['state']) =>
      until(`${cdr.sessionId} ${state}`, () =>
        Promise.resolve(shown(cdr).record.state === state ? shown(cdr) : undefined),
      );
    const shareOf = async ({ sessionId }: Cdr): Promise<bigint | undefined> =>
      (
        await roaming.store.db
          .selectFrom('provider_share')
          .select('micros')
          .where('session_id', '=', sessionId)
          .executeTakeFirst()
      )?.micros;

    before(() => {
      const here = world.registry.stations.get(`${VISITED} ${STATION}`);
      assert.ok(here);
      world.registry.stations.set(`${HOME} ${STATION}`, { ...here, utilityId: HOME });
    });

    it('are answered by itself where figures decide: credited when home is right, upheld when it is not', async () => {
      const right = await disputed('ENERGY', PADDED);
      const wrong = await disputed('RATING');
      const credited = await ledgerState(right, 'credited');
      assert.match(credited.answer?.evidence ?? '', /more energy than the outlet can give/);
      const upheld = await ledgerState(wrong, 'upheld');
      assert.match(upheld.answer?.evidence ?? '', /the record holds/);
      // The outlet's owner gets what the record comes to.
      await until('the share', async () => ((await shareOf(right)) === 0n ? true : undefined));
      assert.equal(await shareOf(wrong), wrong.shares.infrastructure);
      // Home is silent on what was upheld: that is agreement.
      change(wrong, (dispute) => ({ ...dispute, silentUntilMs: Date.now() - 1 }));
      await ledgerState(wrong, 'settled');
    });

    it('wait for a person where figures do not decide, with their deadline', async () => {
      const contested = await disputed('DRIVER');
      const line = await lineOf('visited', contested);
      assert.deepEqual([line.waitsFor, line.isDecidable], ['visited', false]);
      assert.ok(line.untilMs);
      const path = `/operator/v1/disputes/${shown(contested).record.disputeId}/answer`;
      const answer = { outcome: 'upheld', statement: 'The camera shows the car.' };
      const told = await world.ask('operator', 'POST', path, answer);
      assert.equal(told.status, 200, JSON.stringify(told.body));
      assert.equal(shown(contested).answer?.evidence, answer.statement);
      assert.equal((await world.ask('operator', 'POST', path, answer)).body.code, 'DISPUTE_REFUSED');
    });

    it('begin with home’s word on an invoice, whose silence for the agreed time accepts it', async () => {
      const cdr = await disputed('DRIVER');
      const quiet = { vun: HOME, hun: VISITED };
      const young = issueInvoice(world.registry, [cdr], {}, quiet);
      const old = issueInvoice(
        world.registry,
        [cdr],
        {},
        { ...quiet, issuedAtMs: Date.now() - 32 * 24 * HOUR_MS },
      );
      await until('acceptance', () =>
        Promise.resolve(world.registry.accepted.includes(old) ? true : undefined),
      );
      assert.ok(!world.registry.accepted.includes(young));
    });
  });
});
