import assert from 'node:assert/strict';
import {
  creditRecord,
  disputeIdOf,
  disputeRecord,
  implicitCollection,
  invoiceRecord,
  ledgerErrorCode,
  pairPeriodRecord,
  payableStatement,
  type AnswerBody,
  type DisputeRecord,
  type InvoiceBody,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { LedgerError } from '../context/index.ts';
import { closeSession, readingsOf, type ClosedSession } from '../testing/closed.ts';
import { randomOf } from '../testing/consortia.ts';
import {
  accepting,
  answering,
  answerOfLife,
  cancelling,
  disputeBodyOf,
  disputing,
  invoiceBodyOf,
  invoicing,
  noting,
  owedFor,
  silent,
  supplementing,
  type LifeBatch,
  type LifeCall,
  type LifeRecord,
} from '../testing/lives.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';
import { call, DAY_MS, monthAt, MSP, NOW_MS } from '../testing/parties.ts';
import { withOpened } from '../testing/prepared.ts';

/** Random lives of invoices; `ROAMGRID_DISPUTE_LAWS=2000` tries more, `ROAMGRID_LAWS_SEED` others. */
const RUNS = Number(process.env['ROAMGRID_DISPUTE_LAWS'] ?? 40);
const SEED = Number(process.env['ROAMGRID_LAWS_SEED'] ?? 1);
const STEPS = 30;
const PERIODS = ['2026-07', '2026-08'] as const;

type Random = (below: number) => number;
const pick = <T>(random: Random, of: readonly T[]): T => {
  const found = of[random(of.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
};

interface Ground {
  readonly ledger: MemoryLedger;
  readonly batches: readonly LifeBatch[];
  /** Other closes of each record that its meter signed: less parking, more, and the same. */
  readonly closes: ReadonlyMap<string, readonly ClosedSession[]>;
}

/** Six records in three batches, on no invoice yet. */
const prepare = async (): Promise<Ground> => {
  const { ledger, lane, sessions } = await withOpened([1, 2, 3, 4, 5, 6]);
  const batches: LifeBatch[] = [];
  const closes = new Map<string, readonly ClosedSession[]>();
  for (const size of [1, 3, 2]) {
    const batchId = `b${batches.length + 1}`;
    const from = lane.nextSequence;
    const closed = sessions.slice(from - 1, from - 1 + size).map((session) => closeSession(session));
    const { header } = lane.header(batchId, closed);
    await ledger.submit(call(lane.settle(batchId, closed)));
    lane.settled(closed);
    batches.push({
      batchId,
      header,
      records: closed.map((each, at) => ({ closed: each, laneSequence: from + at, batchId })),
    });
    for (const each of closed) {
      const at = (over: Parameters<typeof readingsOf>[1]) =>
        closeSession(each.open, { readings: readingsOf(each.open.number, over) });
      closes.set(each.hash, [at([{}, {}, {}, { charging: true }]), at([{}, {}, { charging: false }]), each]);
    }
  }
  return { ledger, batches, closes };
};

/** A life of the lane's invoices: what was said, and the ledger on which it was taken or refused. */
class Life {
  readonly ledger = new MemoryLedger();
  readonly bodies = new Map<string, InvoiceBody>();
  readonly answers = new Map<string, AnswerBody>();
  readonly taken = new Map<string, number>();
  readonly refused = new Map<string, number>();
  readonly #ground: Ground;
  readonly #random: Random;
  #nowMs = NOW_MS;

  constructor(ground: Ground, random: Random) {
    this.#ground = ground;
    this.#random = random;
    for (const [key, value] of ground.ledger.state) this.ledger.state.set(key, value);
    for (const [key, value] of ground.ledger.privateState) this.ledger.privateState.set(key, value);
  }

  get records(): readonly LifeRecord[] {
    return this.#ground.batches.flatMap(({ records }) => records);
  }

  all<S extends z.ZodType>(schema: S, kind: string): readonly z.output<S>[] {
    return [...this.ledger.state]
      .filter(([key]) => key.startsWith(`${kind}:`))
      .map(([, text]) => schema.parse(JSON.parse(text)));
  }

  #batchesOf({ batchIds }: InvoiceBody): readonly LifeBatch[] {
    return this.#ground.batches.filter(({ batchId }) => batchIds.includes(batchId));
  }

  /** Takes one step or is refused one; a refusal without a code fails the test. */
  async #tell(told: LifeCall): Promise<boolean> {
    try {
      await this.ledger.submit({ ...call(told), nowMs: this.#nowMs });
      this.taken.set(told.verb, (this.taken.get(told.verb) ?? 0) + 1);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      assert.ok(ledgerErrorCode.safeParse(thrown.code).success, thrown.message);
      this.refused.set(thrown.code, (this.refused.get(thrown.code) ?? 0) + 1);
      return false;
    }
  }

  /** Whatever a party may try next, sensible or not. */
  async step(): Promise<void> {
    const random = this.#random;
    this.#nowMs += random(4) === 0 ? random(40) * DAY_MS : 1;
    const bodies = [...this.bodies.values()];
    const disputes = this.all(disputeRecord, 'dispute');
    if (bodies.length === 0 || random(6) === 0) return this.#invoice();
    if (random(3) > 0 && disputes.length > 0) return this.#resolve(pick(random, disputes));
    const body = pick(random, bodies);
    const batches = this.#batchesOf(body);
    const records = batches.flatMap((batch) => batch.records).filter(() => random(2) === 0);
    const steps = [
      cancelling(body),
      accepting(body, 'USALP'),
      accepting(body, 'USDUK'),
      ...(records.length === 0
        ? []
        : (['acceptInPart', 'contest', 'contest'] as const).map((when) =>
            disputing(body, batches, records, when),
          )),
    ];
    await this.#tell(pick(random, steps));
  }

  async #invoice(): Promise<void> {
    const random = this.#random;
    const { batches } = this.#ground;
    const from = random(batches.length);
    const some = batches.slice(from, from + 1 + random(batches.length - from));
    const body = invoiceBodyOf(`i${this.bodies.size + 1}`, pick(random, PERIODS), some);
    if (await this.#tell(invoicing(body, some))) this.bodies.set(body.invoiceId, body);
  }

  async #resolve({ disputeId, invoiceId }: DisputeRecord): Promise<void> {
    const random = this.#random;
    const record = this.records.find(({ closed }) => disputeIdOf(closed.hash) === disputeId);
    if (record === undefined) throw new Error(`dispute ${disputeId} is of no record`);
    const disputed = disputeBodyOf(invoiceId, record);
    const answer = this.answers.get(disputeId);
    if (answer === undefined && random(3) > 0) {
      const revised = pick(random, this.#ground.closes.get(record.closed.hash) ?? []);
      const given = answerOfLife(record, pick(random, ['revised', 'upheld', 'credited']), revised);
      if (await this.#tell(answering(disputed, record, given, revised))) this.answers.set(disputeId, given);
      return;
    }
    // Now and then in a period that is over.
    const period = random(4) === 0 ? pick(random, PERIODS) : monthAt(this.#nowMs);
    const steps = [
      silent(disputed),
      noting(disputed, answer, period),
      ...(answer === undefined ? [] : [supplementing(disputed, answer, record.batchId, period)]),
    ];
    await this.#tell(pick(random, steps));
  }
}

/** What of a record is owed by the documents that are out, and what it comes to where it stands. */
const standsOf = (life: Life, record: LifeRecord, dispute: DisputeRecord | undefined) => {
  const billed = owedFor(record.closed, record.laneSequence);
  const none = { totalMicros: 0n, payableMicros: 0n };
  if (dispute === undefined) return billed;
  const answer = life.answers.get(dispute.disputeId) ?? none;
  if (dispute.late === true) return dispute.state === 'settled' ? answer : billed;
  return dispute.state === 'settled' ? answer : none;
};

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

const assertLaws = (life: Life): void => {
  const invoices = life.all(invoiceRecord, 'invoice').filter(({ state }) => state !== 'cancelled');
  const credits = life.all(creditRecord, 'credit');
  const disputes = new Map(life.all(disputeRecord, 'dispute').map((each) => [each.disputeId, each]));
  const payableOf = (id: string): bigint =>
    payableStatement.parse(
      JSON.parse(life.ledger.privateState.get(`${implicitCollection(MSP.USALP)}/payable:${id}`) ?? ''),
    ).payableMicros;

  // No record is on two invoices, none before the lane's cursor is on none.
  const originals = invoices.filter(({ supplementTo }) => supplementTo === undefined);
  const covered = originals
    .flatMap(({ fromSequence, toSequence }) =>
      Array.from({ length: toSequence - fromSequence + 1 }, (_, at) => fromSequence + at),
    )
    .sort((one, other) => one - other);
  assert.deepEqual(
    covered,
    covered.map((_, at) => at + 1),
  );
  const invoiced = life.records.filter(({ laneSequence }) => covered.includes(laneSequence));

  // Σ invoices less Σ credits is what stands, in what is payable and in all.
  const stand = invoiced.map((record) =>
    standsOf(life, record, disputes.get(disputeIdOf(record.closed.hash))),
  );
  assert.equal(
    sum(invoices.map(({ invoiceId }) => payableOf(invoiceId))) -
      sum(credits.map(({ creditId }) => payableOf(creditId))),
    sum(stand.map(({ payableMicros }) => payableMicros)),
  );
  const cdrs = sum(invoiced.map(({ closed, laneSequence }) => owedFor(closed, laneSequence).totalMicros));
  const bodies = originals.map(({ invoiceId }) => life.bodies.get(invoiceId)?.totalMicros ?? 0n);
  assert.equal(sum(bodies), cdrs);

  // Each document waits to be netted once.
  const pending = life.all(pairPeriodRecord, 'pairPeriod').flatMap((pair) => pair.pending);
  assert.equal(new Set(pending).size, pending.length);
  for (const { invoiceId } of invoices) assert.ok(pending.includes(`invoice:${invoiceId}`));
  for (const { creditId } of credits) assert.ok(pending.includes(`credit:${creditId}`));
};

describe(`laws of disputes, over ${RUNS} random lives of a lane’s invoices`, function () {
  this.timeout(3_600_000);

  it('hold after each: no record billed twice or lost, Σ invoices − Σ credits = what stands, every refusal typed', async () => {
    const ground = await prepare();
    const taken = new Set<string>();
    const refused = new Set<string>();
    for (let run = 0; run < RUNS; run += 1) {
      const life = new Life(ground, randomOf(SEED * 1_000_003 + run));
      for (let step = 0; step < STEPS; step += 1) {
        await life.step();
        assertLaws(life);
      }
      for (const verb of life.taken.keys()) taken.add(verb);
      for (const code of life.refused.keys()) refused.add(code);
    }
    // The lives are worth something only when they come everywhere.
    const verbs = ['invoice', 'cancel', 'accept', 'acceptInPart', 'contest', 'answer', 'creditBySilence'];
    const all = [...verbs, 'reinvoice', 'credit'].map((verb) => `clearing.${verb}`);
    assert.deepEqual(
      all.filter((verb) => !taken.has(verb)),
      [],
    );
    for (const code of ['WRONG_STATE', 'SEQUENCE_GAP', 'CONFLICT', 'EXPIRED'])
      assert.ok(refused.has(code), code);
  });
});
