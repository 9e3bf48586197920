import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createLogger } from '@roamgrid/service-kit';
import {
  AGREEMENT,
  HOME,
  makeConsent,
  makeOffer,
  makeQuote,
  nextSessionId,
  VISITED,
  type TestCustomer,
} from '@roamgrid/service-kit/testing';
import {
  driverContests as driverContestsSchema,
  laneIdOf,
  type Cdr,
  type ShownDispute,
} from '@roamgrid/wire';
import { disputeLines, type DisputeLine } from '../operator/dispute-routes.ts';
import { createPatience, type Patience } from '../review/patience.ts';
import { commit, settle } from './records.ts';
import type { Roaming } from './roaming.ts';
import { HOUR_MS, type SettledOptions } from './settled.ts';
import { until } from './until.ts';

export const nextMonth = (): string => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString().slice(0, 7);
};
export const PERIOD = new Date().toISOString().slice(0, 7);
/** 10 kWh at 0.30 and 7 % tax; 93 % of it are the visited side's. */
export const TOTAL = 3_210_000n;
export const PAYABLE = 2_985_300n;
export const BILLED = 3_145_800n;
/** More than the outlet can give in the time. */
export const PADDED = { lengthMs: 600_000 };

/** Of a partner that cannot be reached now. */
export const AWAY = { ok: false, failure: { kind: 'timeout' } } as const;

/** Pauses that outlast a test. */
export const longPatience = (): Patience =>
  createPatience({ everyMs: 3_600_000, log: createLogger('disputes', { level: 'silent' }) });

/** A dispute as the ledger first has it. */
export const disputeOf = (name: string, of: Partial<ShownDispute['record']> = {}): ShownDispute => {
  const disputeId = createHash('sha256').update(name).digest('hex');
  const salt = '5a'.repeat(32);
  const owed = {
    currency: 'USD',
    energyWh: 5_000n,
    totalMicros: TOTAL,
    shares: { hun: TOTAL - PAYABLE, vun: PAYABLE, infrastructure: 0n, driver: 0n },
    payableMicros: PAYABLE,
  };
  const invoiceId = `invoice of ${name}`;
  const sides = { vun: VISITED, hun: HOME, ...of };
  return {
    record: {
      type: 'dispute',
      version: 1,
      disputeId,
      invoiceId,
      agreementId: AGREEMENT,
      state: 'disputed',
      bodyHash: disputeId,
      disputedAtMs: Date.now(),
      ...sides,
    },
    body: {
      disputeId,
      invoiceId,
      laneId: laneIdOf(sides.vun, sides.hun, 'g0'),
      laneSequence: 1,
      sessionId: nextSessionId(sides.vun, sides.hun),
      reason: 'RATING',
      evidenceHash: disputeId,
      ...owed,
      salt,
    },
  };
};

/** Records, bills and disputes at a node that is started later. */
export const disputesAt = (roaming: () => Roaming) => {
  let hours = 0;
  let sequence = 0;
  /** A session that home authorised, with the record that its settled text comes to. */
  const session = async (customer: TestCustomer, changes: SettledOptions = {}): Promise<Cdr> => {
    const { token, visited, world } = roaming();
    const offer = makeOffer();
    const { auth_req_id: id } = await visited.swipe(customer.cin, offer);
    const decision = await visited.decision(token, id);
    assert.ok(decision.outcome === 'authorised');
    const { authorisation, signedAuthorisation: evidence } = decision;
    const by = { evidence, cinRef: authorisation.cinRef, offer };
    const consent = await makeConsent(world.keys, makeQuote(authorisation, offer), by);
    assert.equal((await visited.consent(token, id, consent)).status, 204);
    hours += 2;
    const cdr = await settle(world.registry, {
      laneSequence: (sequence += 1),
      sessionId: consent.sessionId,
      cinRef: customer.cinRef,
      openedAtMs: Date.now() - 500 * HOUR_MS + hours * HOUR_MS,
      ...changes,
    });
    commit(world.registry, 'hun', cdr, { cinRef: customer.cinRef, authorisedBy: 'home' });
    return cdr;
  };
  const review = async (invoiceId: string) => {
    const { world } = roaming();
    const { reviews } = (await world.ask('operator', 'POST', '/operator/v1/invoice-reviews')).body;
    return reviews.find((one) => one.invoiceId === invoiceId);
  };
  const bill = async (customer: TestCustomer, periodId = PERIOD, issue = false) => {
    const { world } = roaming();
    const { body } = await world.ask('operator', 'POST', `/operator/v1/periods/${periodId}/bills`, { issue });
    const seen = await world.ask('gateway', 'GET', `/internal/v1/customers/${customer.sub}/bills`);
    assert.ok(body.bills);
    return seen.body.bills.find((each) => each.periodId === periodId);
  };
  const owed = async () => -(await roaming().sumOf(`payable:${VISITED}`));
  const balanceOf = (customer: TestCustomer): Promise<bigint> => roaming().balanceOf(customer);
  const lines = async (side: 'home' | 'visited'): Promise<readonly DisputeLine[]> => {
    const { world } = roaming();
    const answer = await world.ask('operator', 'GET', `/operator/v1/disputes?side=${side}`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return disputeLines.parse(answer.body).disputes;
  };
  const lineOf = async (side: 'home' | 'visited', { sessionId }: Cdr): Promise<DisputeLine> => {
    const found = (await lines(side)).find((line) => line.sessionId === sessionId);
    assert.ok(found);
    return found;
  };
  /** What the ledger has of a record's dispute; a test says what the other side said. */
  const shown = ({ sessionId }: Cdr): ShownDispute => {
    const { world } = roaming();
    const found = world.registry.disputes.find(({ body }) => body?.sessionId === sessionId);
    assert.ok(found);
    return found;
  };
  const change = (cdr: Cdr, to: (dispute: ShownDispute) => ShownDispute): void => {
    const { world } = roaming();
    const at = world.registry.disputes.indexOf(shown(cdr));
    world.registry.disputes.splice(at, 1, to(shown(cdr)));
  };
  const answers = (cdr: Cdr, outcome: 'upheld' | 'revised' | 'credited', totalMicros = TOTAL): void => {
    change(cdr, ({ record, body }) => {
      assert.ok(body);
      const { disputeId, currency, salt, evidenceHash } = body;
      const part = (micros: bigint) => (micros * totalMicros) / TOTAL;
      const { hun, vun, infrastructure } = body.shares;
      const shares = {
        hun: part(hun),
        vun: part(vun),
        infrastructure: part(infrastructure),
        driver: totalMicros - part(hun) - part(vun) - part(infrastructure),
      };
      const payableMicros = shares.vun + shares.infrastructure;
      const answer = {
        disputeId,
        currency,
        salt,
        evidenceHash,
        outcome,
        energyWh: 5_000n,
        totalMicros,
        shares,
        payableMicros,
      };
      return { record: { ...record, state: outcome }, body, answer };
    });
  };
  /** An operator contests a record, once it was read. */
  const operatorContests = ({ sessionId }: Cdr) =>
    until(`the record of ${sessionId}`, async () => {
      const contest = { sessionId, reason: 'DRIVER', statement: 'I was not there.' };
      const told = await roaming().world.ask('operator', 'POST', '/operator/v1/disputes', contest);
      return told.body.code === 'RECORD_UNKNOWN' ? undefined : told;
    });
  /** What the driver says at home's gateway, and home's word on it. */
  const driverContests = (customer: TestCustomer) => {
    const path = `/internal/v1/customers/${customer.sub}/contests`;
    return {
      tell: ({ sessionId }: Cdr, statement = 'I was not there.') =>
        roaming().world.ask('gateway', 'POST', path, { sessionId, statement }),
      all: async () => {
        const { body } = await roaming().world.ask('gateway', 'GET', path);
        return driverContestsSchema.parse(body).contests;
      },
      word: ({ sessionId }: Cdr, verb: 'answer' | 'raise', said?: unknown) =>
        roaming().world.ask('operator', 'POST', `/operator/v1/contests/${sessionId}/${verb}`, said),
    };
  };
  /** Home was silent on it: the ledger accepted it, whatever this node thinks. */
  const acceptedBySilence = (invoiceId: string): void => {
    const found = roaming().world.registry.invoices.find(({ record }) => record.invoiceId === invoiceId);
    assert.ok(found);
    found.record.state = 'accepted';
  };
  const stateIs = (cdr: Cdr, state: DisputeLine['state']) =>
    until(`${cdr.sessionId} ${state}`, async () => {
      const { store } = roaming();
      const row = await store.db
        .selectFrom('record_dispute')
        .select('state')
        .where('session_id', '=', cdr.sessionId)
        .executeTakeFirst();
      return row?.state === state ? true : undefined;
    });
  return {
    acceptedBySilence,
    answers,
    balanceOf,
    bill,
    change,
    driverContests,
    lineOf,
    operatorContests,
    owed,
    review,
    session,
    shown,
    stateIs,
  };
};
