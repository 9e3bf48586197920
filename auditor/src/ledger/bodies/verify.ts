import { hexOf, utf8 } from '../../bytes.ts';
import type { NamespaceSet } from '../../fabric/rwset.ts';
import { hold } from '../../failure.ts';
import { parse } from '../../json.ts';
import type { Primitives } from '../../primitives.ts';
import type { Record as ChargeRecord } from '../../rating/record.ts';
import { groundOf, type Settlement } from '../../session/ground.ts';
import { nameOf } from '../../session/numbers.ts';
import { keyOf, readAgreement, readBatch } from '../../session/records.ts';
import { readSettled } from '../../session/settled.ts';
import { hashOf, readWay, requireHeader, verifySession, type Header } from '../../session/verify.ts';
import { object, text, whole } from '../../shape.ts';
import { rootOf } from '../../tree.ts';
import { closedBy } from '../rules/lanes.ts';
import type { StateRecords } from '../state.ts';
import { changesOf, type Change, type Step } from '../step.ts';
import type { Keys } from '../world.ts';
import { requireInvoiceBody } from './invoice.ts';
import { requireChargeBody, requireFees, type Fees } from './charge-note.ts';
import { HouseDays, type DaySum } from './flexibility.ts';
import { Meters } from './meters.ts';
import { Owner } from './owner.ts';
import { SeenBySettle } from './seen.ts';
import { TokenSums } from './token-sums.ts';
import { requireHouseBatch, type HouseBatchBodies } from './house-batch.ts';
import { requireAllocation, type AllocationBodies, type AllocationSum } from './site-slots.ts';

/** Sessions by the bodies that one party has: consent, leave, meter, rating and sums, each by the records of its settlement's time. */

export interface BatchBodies {
  readonly header: string;
  /** Settled texts in the order of their records. */
  readonly sessions: readonly string[];
  /** The way of each to its opening, in the same order. */
  readonly openings: readonly string[];
}

/** Where one party's bodies lie. */
export interface BodySource {
  /** Whose they are: what is not there has to be others', or purged. */
  readonly of: string;
  batch(batchId: string): BatchBodies | undefined;
  /** By the hash that the agreement's record has. */
  terms(termsHash: string): string | undefined;
  invoice(invoiceId: string): string | undefined;
  reservation(reservationId: string): string | undefined;
  allocation(batchId: string): AllocationBodies | undefined;
  houseBatch(houseRef: string, number: number): HouseBatchBodies | undefined;
  charge(chargeId: string): string | undefined;
  /** Houses' days, events and what they come to, by the hash that the record has. */
  flexibility(bodyHash: string): string | undefined;
}

export interface BodiesTold {
  readonly of: string;
  readonly batches: number;
  readonly sessions: number;
  readonly energyWh: bigint;
  /** By currency. */
  readonly totalMicros: ReadonlyMap<string, bigint>;
  readonly invoices: number;
  /** Tokens of chargers without network by which some of the sessions began, none of them beyond its sums. */
  readonly tokens: number;
  /** Batches of sites' slots, what their servers took and cars gave in them, and charge notes that could be judged whole. */
  readonly allocations: number;
  readonly serversWh: bigint;
  readonly givenWh: bigint;
  readonly charges: number;
  /** Batches of houses, and what their entries say that the grid gave and took. */
  readonly houseBatches: number;
  readonly gridInWh: bigint;
  readonly gridOutWh: bigint;
  /** Days of houses that were worked out anew. */
  readonly houseDays: number;
  /** Batches, invoices, reservations, slots and notes of other pairs. */
  readonly without: number;
  /** Of this party what it purged the bodies of, and invoices and notes that took such a one: their sums are not judged. */
  readonly purged: number;
}

const SHARES = ['hun', 'vun', 'infrastructure', 'driver'] as const;

/** That the header's sums are those of its records. */
const requireSums = (header: Header, records: readonly ChargeRecord[], what: string): void => {
  const sum = (of: (record: ChargeRecord) => bigint): bigint =>
    records.reduce((total, record) => total + of(record), 0n);
  hold(
    header.energyWh === sum(({ energyWh }) => energyWh),
    `${what}: its energy is not what its sessions took`,
  );
  hold(
    header.totalMicros === sum(({ totalMicros }) => totalMicros),
    `${what}: its total is not what its sessions cost`,
  );
  for (const party of SHARES)
    hold(
      header.shares[party] === sum(({ shares }) => shares[party]),
      `${what}: its share of ${party} is not that of its sessions`,
    );
};

export class VerifiedBodies {
  readonly #primitives: Primitives;
  readonly #source: BodySource;
  readonly #records: StateRecords;
  readonly #meters = new Meters();
  readonly #tokens = new TokenSums();
  readonly #owner: Owner;
  readonly #headers = new Map<string, Header & { readonly count: number }>();
  readonly #totals = new Map<string, bigint>();
  readonly #allocations = new Map<string, AllocationSum>();
  readonly #fees = new Map<string, Fees>();
  readonly #grid = { batches: 0, inWh: 0n, outWh: 0n };
  readonly #houseDays: HouseDays;
  readonly #days = new Map<string, DaySum>();
  #charges = 0;
  #batches = 0;
  #sessions = 0;
  #energyWh = 0n;
  #invoices = 0;
  #without = 0;
  #unsummed = 0;

  /** @param collectionOf hashes of what an organisation keeps */
  constructor(
    primitives: Primitives,
    source: BodySource,
    records: StateRecords,
    collectionOf: (mspId: string) => Keys,
  ) {
    this.#primitives = primitives;
    this.#source = source;
    this.#records = records;
    this.#houseDays = new HouseDays(primitives, records, (hash) => source.flexibility(hash));
    this.#owner = new Owner(primitives, source.of, records, collectionOf);
  }

  async step(step: Step, own: NamespaceSet, channel: string): Promise<void> {
    for (const change of changesOf(step, 'batch'))
      if (change.before === undefined) await this.#batch(step, own, channel, change);
    for (const change of changesOf(step, 'invoice'))
      if (change.before === undefined) this.#invoice(step, change);
    for (const change of changesOf(step, 'reservation'))
      if (change.before === undefined) this.#reservation(change);
    for (const change of changesOf(step, 'allocation'))
      if (change.before === undefined) this.#allocation(change);
    for (const change of changesOf(step, 'houseBatch')) this.#houseBatch(change);
    for (const change of changesOf(step, 'flexSettlement'))
      if (change.before === undefined) this.#houseDay(step, change);
    for (const change of changesOf(step, 'charge'))
      if (change.before === undefined) this.#charge(step, change);
  }

  /** Whether bodies are given; when not, they have to be others' or purged. */
  #isGiven<T>({ key, after }: Change, given: T | undefined): given is T {
    const isToShow = this.#owner.isToShow(key, after, given !== undefined);
    if (given !== undefined) return true;
    if (isToShow) this.#owner.miss(key);
    else this.#without += 1;
    return false;
  }

  async #batch(step: Step, own: NamespaceSet, channel: string, change: Change): Promise<void> {
    const { key, after } = change;
    const batchId = text(after['batchId'], key);
    const bodies = this.#source.batch(batchId);
    if (!this.#isGiven(change, bodies)) return;
    const { sha256 } = this.#primitives;
    const batch = readBatch(JSON.stringify(after));
    const header = requireHeader(this.#primitives, bodies.header, batch);
    const root = rootOf(
      this.#primitives,
      bodies.sessions.map((each) => sha256(utf8(each))),
    );
    hold(hexOf(root) === batch.merkleRoot, `${key}: the sessions given are not those under its root`);
    hold(bodies.openings.length === bodies.sessions.length, `${key}: a session has no way to its opening`);
    const seen = new SeenBySettle(own, this.#records);
    const { termsHash } = readAgreement(seen.value(keyOf.agreement(batch.agreementId)));
    const termsText = this.#source.terms(termsHash);
    hold(termsText !== undefined, `${key}: the terms of ${batch.agreementId} are not among the bodies`);
    const settlement = { channel, atMs: step.atMs, batch, termsText };
    const records: ChargeRecord[] = [];
    const numbers: number[] = [];
    for (const [index, each] of bodies.sessions.entries()) {
      const way = bodies.openings[index] ?? '';
      const found = await this.#session(seen, settlement, each, way, batch.fromSequence + index);
      records.push(found.record);
      numbers.push(found.number);
    }
    const closed = closedBy(step, batch.laneId);
    hold(
      numbers.sort((a, b) => a - b).join() === closed.join(),
      `${key}: its sessions are not the numbers that it closed`,
    );
    requireSums(header, records, key);
    this.#headers.set(batchId, { ...header, count: records.length });
    this.#count(header, records.length);
  }

  async #session(
    seen: SeenBySettle,
    settlement: Settlement,
    body: string,
    wayText: string,
    laneSequence: number,
  ) {
    const settled = readSettled(body);
    const { sessionId } = settled.open;
    // Nothing hashes it: its form does not count.
    const told = parse(wayText);
    const way = readWay(told, 'the way to the opening', ['slot']);
    const slot = whole(object(told, 'the way to the opening')['slot'], 'the opening’s slot');
    const ground = await groundOf(this.#primitives, seen, settlement, settled, slot);
    const name = nameOf(sessionId);
    hold(name.laneId === settlement.batch.laneId, `${sessionId} is of another lane than its batch`);
    try {
      const { record, token } = await verifySession(this.#primitives, settled, ground, way, laneSequence);
      this.#meters.use(settled, ground.station);
      if (token !== undefined) this.#tokens.use(token, record);
      return { record, number: name.number };
    } catch (thrown) {
      if (thrown instanceof Error) thrown.message = `${sessionId}: ${thrown.message}`;
      throw thrown;
    }
  }

  #count({ currency, totalMicros, energyWh }: Header, sessions: number): void {
    this.#batches += 1;
    this.#sessions += sessions;
    this.#energyWh += energyWh;
    this.#totals.set(currency, (this.#totals.get(currency) ?? 0n) + totalMicros);
  }

  #invoice(step: Step, change: Change): void {
    const { key, after } = change;
    const body = this.#source.invoice(text(after['invoiceId'], key));
    if (!this.#isGiven(change, body)) return;
    hold(hashOf(this.#primitives, body) === after['bodyHash'], `${key}: the body given is not its own`);
    if (requireInvoiceBody(step, change, body, this.#headers)) this.#invoices += 1;
    else this.#unsummed += 1;
  }

  #reservation(change: Change): void {
    const { key, after } = change;
    const id = text(after['reservationId'], key);
    const body = this.#source.reservation(id);
    if (this.#isGiven(change, body)) this.#fees.set(id, requireFees(this.#primitives, change, body));
  }

  #allocation(change: Change): void {
    const { key, after } = change;
    const id = text(after['batchId'], key);
    const bodies = this.#source.allocation(id);
    if (this.#isGiven(change, bodies))
      this.#allocations.set(id, requireAllocation(this.#primitives, change, bodies));
  }

  #houseBatch(change: Change): void {
    const { key, after } = change;
    const bodies = this.#source.houseBatch(text(after['houseRef'], key), whole(after['number'], key));
    if (!this.#isGiven(change, bodies)) return;
    const { gridInWh, gridOutWh } = requireHouseBatch(this.#primitives, change, bodies);
    this.#grid.batches += 1;
    this.#grid.inWh += gridInWh;
    this.#grid.outWh += gridOutWh;
  }

  #houseDay(step: Step, change: Change): void {
    const { key, after } = change;
    const body = this.#source.flexibility(text(after['bodyHash'], key));
    if (!this.#isGiven(change, body)) return;
    const { termsHash } = step.records.get(keyOf.agreement(text(after['agreementId'], key)));
    const day = this.#houseDays.require(change, body, this.#source.terms(text(termsHash, key)));
    if (day === undefined) this.#unsummed += 1;
    else this.#days.set(`${text(after['houseId'], key)}:${whole(after['dayMs'], key)}`, day);
  }

  #charge(step: Step, change: Change): void {
    const { key, after } = change;
    const body = this.#source.charge(text(after['chargeId'], key));
    if (!this.#isGiven(change, body)) return;
    const verified = { allocations: this.#allocations, reservations: this.#fees, days: this.#days };
    if (requireChargeBody(this.#primitives, step, change, body, verified)) this.#charges += 1;
    else this.#unsummed += 1;
  }

  /** @throws Failed when bodies are missing that were not purged */
  end(): BodiesTold {
    const purged = this.#owner.requirePurged() + this.#unsummed;
    const allocations = [...this.#allocations.values()];
    return {
      of: this.#source.of,
      batches: this.#batches,
      sessions: this.#sessions,
      energyWh: this.#energyWh,
      totalMicros: this.#totals,
      invoices: this.#invoices,
      tokens: this.#tokens.size,
      allocations: allocations.length,
      serversWh: allocations.reduce((sum, { energyWh }) => sum + energyWh, 0n),
      givenWh: allocations.reduce((sum, { given }) => sum + given.energyWh, 0n),
      charges: this.#charges,
      houseBatches: this.#grid.batches,
      gridInWh: this.#grid.inWh,
      gridOutWh: this.#grid.outWh,
      houseDays: this.#days.size,
      without: this.#without,
      purged,
    };
  }
}
