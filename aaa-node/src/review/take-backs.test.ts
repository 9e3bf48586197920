import assert from 'node:assert/strict';
import { HOME, makeCustomer, nextSessionId, STATION, VISITED } from '@roamgrid/service-kit/testing';
import { disputeAnswer, type Cdr } from '@roamgrid/wire';
import { disputesAt, nextMonth, PERIOD } from '../testing/disputes.ts';
import { commit, issueInvoice, settle } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { HOUR_MS } from '../testing/settled.ts';
import { until } from '../testing/until.ts';
import type { World } from '../testing/world.ts';
import { createPatience } from './patience.ts';
import { createTakeBacks } from './take-backs.ts';

const WHY = 'OCPI credit C-1 of NLRJN';

describe('records that the visited utility takes back', () => {
  let roaming: Roaming;
  let world: World;
  const { acceptedBySilence, answers, bill, review, session, shown, stateIs } = disputesAt(() => roaming);
  before(async () => {
    roaming = await startRoaming();
    ({ world } = roaming);
    const there = world.registry.stations.get(`${VISITED} ${STATION}`);
    assert.ok(there);
    world.registry.stations.set(`${HOME} ${STATION}`, { ...there, utilityId: HOME });
  });
  after(() => roaming.close());

  describe('at home', () => {
    const takeBack = async ({ sessionId }: Pick<Cdr, 'sessionId'>, token = roaming.token) => {
      const path = `/roaming/v1/sessions/${sessionId}/take-back`;
      const said = await roaming.visited.call(token, 'POST', path, { statement: WHY });
      const text = await said.text();
      return text === '' ? said.status.toString() : (JSON.parse(text) as { code: string }).code;
    };
    const read = (cdr: Cdr) =>
      until(`the record of ${cdr.sessionId}`, async () =>
        (await takeBack(cdr)) === 'RECORD_UNKNOWN' ? undefined : true,
      );

    it('are disputed, with the invoice or after it, and nothing is owed once they are credited', async () => {
      const customer = await makeCustomer(world.ask);
      const [early, late] = [await session(customer), await session(customer)];
      await read(early);
      assert.equal(await takeBack(early), '204', 'said again it is said once');
      assert.equal((await review(issueInvoice(world.registry, [early])))?.outcome, 'in-part');
      assert.equal(shown(early).body?.reason, 'TAKEN_BACK');
      assert.match(shown(early).body?.evidence ?? '', new RegExp(WHY));
      const accepted = issueInvoice(world.registry, [late]);
      await until('it is read', async () =>
        (await review(accepted))?.outcome === 'accepted' ? true : undefined,
      );
      const billed = await bill(customer, PERIOD, true);
      assert.equal(await takeBack(late), '204');
      assert.equal(shown(late).record.late, true);
      for (const each of [early, late]) answers(each, 'credited', 0n);
      await stateIs(late, 'settled');
      await stateIs(early, 'credited');
      assert.deepEqual(await bill(customer), billed, 'what was issued stays');
      const next = await bill(customer, nextMonth(), true);
      assert.deepEqual(
        next?.corrections?.map(({ sessionId, outcome }) => [sessionId, outcome]),
        [[late.sessionId, 'credited']],
      );
      assert.equal(await takeBack(late), 'DISPUTE_RAISED', 'it has its answer');
    });

    it('are none of another utility’s, none that are not there, and none whose time is over', async () => {
      const customer = await makeCustomer(world.ask);
      const elsewhere = await session(customer);
      await read(elsewhere);
      await roaming.store.db
        .updateTable('cdr')
        .set({ vun: 'USXXX' })
        .where('session_id', '=', elsewhere.sessionId)
        .execute();
      assert.equal(await takeBack(elsewhere), 'FORBIDDEN');
      assert.equal(await takeBack({ sessionId: nextSessionId() }), 'RECORD_UNKNOWN');
      const old = await session(customer);
      const invoiceId = issueInvoice(world.registry, [old]);
      await until('it is read', async () =>
        (await review(invoiceId))?.outcome === 'accepted' ? true : undefined,
      );
      acceptedBySilence(invoiceId);
      world.registry.faults.refusesDisputes = { code: 'LEDGER_EXPIRED', above: 0 };
      assert.equal(await takeBack(old), 'DISPUTE_REFUSED');
      delete world.registry.faults.refusesDisputes;
    });
  });

  describe('at this utility’s own outlets', () => {
    let hours = 0;
    let sequence = 0;
    const here = async (): Promise<Cdr> => {
      hours += 2;
      const cdr = await settle(world.registry, {
        laneSequence: (sequence += 1),
        sessionId: nextSessionId(HOME, VISITED),
        cinRef: 'd2'.repeat(32),
        openedAtMs: Date.now() - 500 * HOUR_MS + hours * HOUR_MS,
        quote: { vun: HOME, hun: VISITED },
      });
      commit(world.registry, 'vun', cdr, { cinRef: 'd2'.repeat(32), authorisedBy: 'home' });
      return cdr;
    };
    const say = ({ sessionId }: Pick<Cdr, 'sessionId'>, statement = WHY) =>
      world.ask('operator', 'POST', '/operator/v1/take-backs', { sessionId, statement });
    const said = (cdr: Cdr) =>
      until(`the record of ${cdr.sessionId}`, async () => {
        const told = await say(cdr);
        return told.body.code === 'RECORD_UNKNOWN' ? undefined : told;
      });
    const lineOf = async ({ sessionId }: Cdr) => {
      const { body } = await world.ask('operator', 'GET', '/operator/v1/take-backs');
      return (body as unknown as { items: Record<string, unknown>[] }).items.find(
        (one) => one['sessionId'] === sessionId,
      );
    };
    const toldOf = ({ sessionId }: Cdr) =>
      world.registry.takenBack.filter((one) => one.sessionId === sessionId);

    it('are told home, once it can be told, and each dispute of one is credited by itself', async () => {
      const cdr = await here();
      world.registry.faults.refusesTakeBacks = 'HOME_SERVICE_DOWN';
      assert.equal((await said(cdr)).status, 204);
      assert.equal((await say(cdr)).status, 204);
      assert.equal((await say(cdr, 'for another reason')).body.code, 'DISPUTE_RAISED');
      assert.equal((await lineOf(cdr))?.['state'], 'waiting');
      delete world.registry.faults.refusesTakeBacks;
      await until('home is told', async () => ((await lineOf(cdr))?.['state'] === 'told' ? true : undefined));
      assert.deepEqual(toldOf(cdr), [{ sessionId: cdr.sessionId, statement: WHY }]);
      const invoiceId = issueInvoice(world.registry, [cdr], {}, { vun: HOME, hun: VISITED });
      const path = `${world.config.gatewayUrl}/internal/v1/invoices/${invoiceId}/disputes`;
      const disputes = [{ sessionId: cdr.sessionId, reason: 'TAKEN_BACK', evidence: WHY }];
      disputeAnswer.parse(await world.askGateway('POST', path, { disputes }));
      const credited = await until('it is credited', () =>
        Promise.resolve(shown(cdr).record.state === 'credited' ? shown(cdr) : undefined),
      );
      assert.match(credited.answer?.evidence ?? '', new RegExp(WHY));
    });

    it('answer also a dispute that home had raised before, for another reason', async () => {
      const cdr = await here();
      const invoiceId = issueInvoice(world.registry, [cdr], {}, { vun: HOME, hun: VISITED });
      const path = `${world.config.gatewayUrl}/internal/v1/invoices/${invoiceId}/disputes`;
      const disputes = [{ sessionId: cdr.sessionId, reason: 'DRIVER', evidence: 'He says no.' }];
      disputeAnswer.parse(await world.askGateway('POST', path, { disputes }));
      await until('it was looked at', () =>
        roaming.store.db
          .selectFrom('dispute_followed')
          .select('is_final')
          .where('dispute_id', '=', shown(cdr).record.disputeId)
          .executeTakeFirst(),
      );
      await said(cdr);
      await until('it is credited', () =>
        Promise.resolve(shown(cdr).record.state === 'credited' ? true : undefined),
      );
    });

    it('are listed with home’s no, and told again when it is said again', async () => {
      const cdr = await here();
      world.registry.faults.refusesTakeBacks = 'TAKE_BACK_REFUSED';
      await said(cdr);
      await until('home says no', async () =>
        (await lineOf(cdr))?.['state'] === 'refused' ? true : undefined,
      );
      assert.match(String((await lineOf(cdr))?.['refusal']), /not taken back/);
      delete world.registry.faults.refusesTakeBacks;
      assert.equal((await say(cdr)).status, 204);
      await until('home is told', async () => ((await lineOf(cdr))?.['state'] === 'told' ? true : undefined));
    });

    it('are told to one home, however many wait for another that is away', async () => {
      const AWAY = 'USAAA'; // before all others, whichever way they are looked through
      const waiting = [
        ...Array.from({ length: 101 }, () => nextSessionId(HOME, AWAY)),
        nextSessionId(HOME, VISITED),
      ];
      const { db } = roaming.store;
      const rest = { statement: WHY, close: null, said_by: 'test', said_at_ms: 0, refusal: null } as const;
      const heard: string[] = [];
      const log = { info: () => undefined, warn: () => undefined };
      world.registry.faults.refusesTakeBacks = 'HOME_SERVICE_DOWN';
      await db
        .insertInto('take_back')
        .values(waiting.map((id) => ({ session_id: id, state: 'waiting' as const, ...rest })))
        .execute();
      try {
        const tellAll = createTakeBacks({
          db,
          patience: createPatience({ everyMs: 1_000, log }),
          gateway: {
            takeBack: (id) => {
              const isAway = id.includes(AWAY);
              if (!isAway) heard.push(id);
              return Promise.resolve(
                isAway
                  ? { ok: false, failure: { kind: 'timeout' } }
                  : { ok: true, status: 204, value: undefined },
              );
            },
          },
        });
        await tellAll();
        assert.ok(heard.includes(waiting.at(-1) ?? ''));
      } finally {
        delete world.registry.faults.refusesTakeBacks;
        await db.deleteFrom('take_back').where('session_id', 'in', waiting).execute();
      }
    });

    it('are not another utility’s, and not an own customer’s', async () => {
      assert.equal((await say({ sessionId: nextSessionId(VISITED, HOME) })).body.code, 'RECORD_UNKNOWN');
      assert.equal((await say({ sessionId: nextSessionId(HOME, HOME) })).body.code, 'DISPUTE_REFUSED');
    });
  });
});
