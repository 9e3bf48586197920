import assert from 'node:assert/strict';
import { HOME, nextSessionId, STATION, terms, VISITED } from '@roamgrid/service-kit/testing';
import { disputeAnswer, type Cdr, type DisputeReason, type ShownDispute } from '@roamgrid/wire';
import { createLogger } from '@roamgrid/service-kit';
import { AWAY, disputeOf, disputesAt, longPatience, PADDED } from '../testing/disputes.ts';
import { commit, issueInvoice, settle } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { groundOf, HOUR_MS, settledRecord, STATION_HERE, type SettledOptions } from '../testing/settled.ts';
import { until } from '../testing/until.ts';
import type { World } from '../testing/world.ts';
import { createAnsweringOfDisputes } from './answer-disputes.ts';
import { createHomeDisputes } from './home-disputes.ts';
import { createRunningDisputes } from './running-disputes.ts';

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
      const owed = wrong.shares.infrastructure;
      await until('the share', async () => ((await shareOf(right)) === 0n ? true : undefined));
      await until('the other’s', async () => ((await shareOf(wrong)) === owed ? true : undefined));
      // Home is silent on what was upheld: that is agreement.
      change(wrong, (dispute) => ({ ...dispute, silentUntilMs: Date.now() - 1 }));
      await ledgerState(wrong, 'settled');
    });

    it('wait for a person where figures do not decide, with their deadline', async () => {
      const contested = await disputed('DRIVER');
      const line = await lineOf('visited', contested);
      const { recordsOf, changesAfter } = world.registry.disputesAsked;
      const rounds = changesAfter.length;
      await until('more rounds', () => Promise.resolve(changesAfter.length > rounds + 8 ? true : undefined));
      assert.ok(!recordsOf.includes(shown(contested).record.invoiceId), 'the reason alone says so');
      assert.deepEqual([line.waitsFor, line.isDecidable], ['visited', false]);
      assert.ok(line.untilMs);
      const path = `/operator/v1/disputes/${shown(contested).record.disputeId}/answer`;
      const answer = { outcome: 'upheld', statement: 'The camera shows the car.' };
      const told = await world.ask('operator', 'POST', path, answer);
      assert.equal(told.status, 200, JSON.stringify(told.body));
      assert.equal(shown(contested).answer?.evidence, answer.statement);
      assert.equal((await world.ask('operator', 'POST', path, answer)).body.code, 'DISPUTE_REFUSED');
    });

    it('are read on after a restart, and those that were not over once more', async () => {
      const contested = await disputed('DRIVER');
      const { changesAfter } = world.registry.disputesAsked;
      await until('it is followed', () =>
        roaming.store.db
          .selectFrom('dispute_followed')
          .select('is_final')
          .where('dispute_id', '=', shown(contested).record.disputeId)
          .executeTakeFirst(),
      );
      const asked = changesAfter.length;
      await world.restart();
      change(contested, ({ record, ...dispute }) => ({
        ...dispute,
        record: { ...record, state: 'credited' },
      }));
      await until('the share', async () => ((await shareOf(contested)) === 0n ? true : undefined));
      assert.ok(!changesAfter.slice(asked).includes('vun '), 'what was read is not read anew');

      // Another reader of the same place: of what did not change it asks for what was left open, once.
      const feed = [shown(contested)];
      const gateway = {
        disputeChanges: (_role: unknown, after: string) => {
          changesAfter.push(`other ${after}`);
          return Promise.resolve(after === '' ? { items: feed, cursor: '1' } : { items: [], cursor: after });
        },
        dispute: (disputeId: string) => {
          changesAfter.push(disputeId);
          return Promise.resolve({ ...shown(contested), record: { ...shown(contested).record, disputeId } });
        },
      };
      const log = createLogger('disputes', { level: 'silent' });
      const patience = longPatience();
      const leftOpen = () => Promise.resolve(['left open']);
      const reader = () =>
        createRunningDisputes({ db: roaming.store.db, gateway, patience, log, role: 'hun', leftOpen });
      const from = changesAfter.length;
      const first = reader();
      for (const _ of ['first', 'again']) assert.equal((await first.refresh()).length, 2);
      assert.equal((await reader().refresh()).length, 1);
      assert.deepEqual(
        changesAfter.slice(from).filter((each) => !/^(hun|vun) /.test(each)),
        ['other ', 'other 1', 'left open', 'other 1', 'other 1', 'left open'],
      );
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

    it('wait for a partner that is away, and for none that is there', async () => {
      const told: string[] = [];
      const away = [disputeOf('one'), disputeOf('two')];
      const there = disputeOf('three', { hun: 'USGPC' });
      let items = [...away, there];
      const { cdr, settled } = await settledRecord();
      const notAsked = () => Promise.reject(new Error('not asked'));
      const answering = createAnsweringOfDisputes({
        db: roaming.store.db,
        gateway: {
          agreement: () => Promise.resolve(groundOf()),
          tariff: (tariffId, version) => {
            const times = { validFromMs: 0, validUntilMs: Date.now() + HOUR_MS, publishedAtMs: 0 };
            const { tariffJson } = groundOf();
            const tariff = {
              type: 'tariff',
              utilityId: HOME,
              tariffId,
              version,
              tariffJson,
              ...times,
            } as const;
            return Promise.resolve({ tariff });
          },
          demandUnder: notAsked,
          dispute: notAsked,
          disputeChanges: (_role, after) => {
            const page = { items, cursor: after };
            items = [];
            return Promise.resolve(page);
          },
          answerDispute: (disputeId) => {
            told.push(disputeId);
            return Promise.resolve(AWAY);
          },
          invoiceRecords: (invoiceId) => {
            const of = [...away, there].find(({ record }) => record.invoiceId === invoiceId);
            const sessionId = of?.body?.sessionId ?? '';
            const record = { cdr: { ...cdr, sessionId }, batchId: 'b', settled: settled.text };
            const [invoice] = world.registry.invoices;
            assert.ok(invoice);
            return Promise.resolve({ invoice, items: [record] });
          },
          supplement: notAsked,
          issuedInvoices: () => Promise.resolve([]),
          acceptInvoice: notAsked,
        },
        registry: { station: () => Promise.resolve(STATION_HERE) },
        patience: longPatience(),
        nowMs: Date.now,
        log: createLogger('disputes', { level: 'silent' }),
      });
      for (const _ of ['first', 'again']) await answering.round();
      assert.deepEqual(told, [away[0]?.record.disputeId, there.record.disputeId]);
    });
  });

  it('of own customers’ records wait for a partner that is away, too, and for none that is there', async () => {
    const told: string[] = [];
    const silent = [disputeOf('one', { state: 'revised' }), disputeOf('two', { state: 'revised' })];
    const there = disputeOf('three', { state: 'revised', vun: 'USGPC' });
    let items = [...silent, there];
    const notAsked = () => Promise.reject(new Error('not asked'));
    const home = createHomeDisputes({
      db: roaming.store.db,
      gateway: {
        agreement: () => Promise.resolve({ agreement: groundOf().agreement, terms: terms() }),
        dispute: notAsked,
        disputeChanges: (_role, after) => {
          const page = { items, cursor: after };
          items = [];
          return Promise.resolve(page);
        },
        creditBySilence: notAsked,
        supplement: (disputeId) => {
          told.push(disputeId);
          return Promise.resolve(AWAY);
        },
        creditNote: notAsked,
        disputeRecords: notAsked,
        invoiceWith: () => Promise.resolve(undefined),
      },
      patience: longPatience(),
      nowMs: Date.now,
      log: createLogger('disputes', { level: 'silent' }),
    });
    for (const _ of ['first', 'again']) await home.round();
    assert.deepEqual(told, [silent[0]?.record.disputeId, there.record.disputeId]);
  });
});
