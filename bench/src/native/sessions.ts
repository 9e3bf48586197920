/** Complete sessions as a visited utility's gateway tells them: batches of openings, then of closings. */
import { createHash } from 'node:crypto';
import {
  by,
  call,
  closeCall,
  closeSession,
  groundwork,
  MSP,
  openCall,
  openSession,
  readingsOf,
  type Call,
  type ClosedSession,
  type OpenedSession,
} from '@roamgrid/chaincode/testing';
import { merkleTree, verifyInclusion } from '@roamgrid/domain';
import {
  batchBodies,
  batchRecord,
  bodyHash,
  sealBody,
  sessionCloseBody,
  sessionRecord,
  type MeterReading,
} from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { BenchClient, Outcome } from './client.ts';

export const BOTH = [MSP.USALP, MSP.USDUK];

/** Sessions that one open and one close command carry, signed and hashed. */
export interface Batch {
  readonly open: Call;
  readonly close: Call;
  readonly batchId: string;
  readonly sessions: readonly ClosedSession[];
}

/** Registers the two utilities, a station, an agreement and a tariff. */
export async function prepareConsortium(client: BenchClient): Promise<void> {
  for (const step of groundwork()) {
    if (step.caller.mspId === MSP.USGPC) continue;
    const outcome = await client.tell(call(step), step.transient && BOTH);
    if (outcome !== 'valid') throw new Error(`${step.verb}: ${outcome}`);
  }
}

/** So many customers come again and again. */
const CUSTOMERS = 100;
const MINUTE_MS = 60_000;

/** Readings of one session among many: each has its own energy, its own times and its own start of the register. */
const meteredBy = (number: number): readonly MeterReading[] => {
  const jitter = (factor: number, range: number): number => (number * factor) % range;
  let registerWh = 1_000_000n + BigInt(jitter(7_919, 900_000));
  return readingsOf().map(({ atMs: plannedMs, charging }, index, { length }) => {
    const atMs = index === 0 ? plannedMs : plannedMs - jitter(31 + index, 20) * MINUTE_MS;
    if (index > 0 && index < length - 1) registerWh += 5_000n + BigInt(jitter(577 + index, 6_000));
    return { atMs, registerWh, charging };
  });
};

/** Makes sessions and their commands; numbers go on without gaps from batch to batch. */
export class SessionMaker {
  #made = 0;
  #batches = 0;
  readonly #cachedPercent: number;
  readonly #profiles = new Map<number, string>();

  /** `cachedPercent` of the sessions start on a visitor profile, the others on an authorisation of their own. */
  constructor(cachedPercent: number) {
    this.#cachedPercent = cachedPercent;
  }

  get made(): number {
    return this.#made;
  }

  /** What the home utility, the station and the meter sign, and what the gateway forms: outside of what is measured. */
  async batch(size: number): Promise<Batch> {
    this.#batches += 1;
    const batchId = `batch-${this.#batches}`;
    const first = this.#made;
    this.#made += size;
    const opened = await Promise.all(
      Array.from({ length: size }, (_, index) => this.#open(uuidv7(), (first + index) % CUSTOMERS)),
    );
    const sessions = opened.map((session, index) =>
      closeSession(session, first + index + 1, { oneStatement: true, readings: meteredBy(first + index) }),
    );
    return {
      batchId,
      sessions,
      open: call(openCall(opened)),
      close: call(closeCall(batchId, sessions)),
    };
  }

  /** Customers who come again bring the same signed profile with them. */
  async #open(sessionId: string, customer: number): Promise<OpenedSession> {
    const cinRef = bodyHash(`customer ${customer}`);
    if (customer >= this.#cachedPercent)
      return openSession(sessionId, { authorisation: { cinRef }, body: { cinRef } });
    const cached = { authorisedBy: 'cache', profile: { cinRef, profileId: `profile-${customer}` } } as const;
    const evidence = this.#profiles.get(customer) ?? (await openSession(sessionId, cached)).body.evidence;
    this.#profiles.set(customer, evidence);
    return openSession(sessionId, { ...cached, body: { cinRef, evidence } });
  }

  async batches(sessions: number, size: number): Promise<Batch[]> {
    const made: Batch[] = [];
    for (let left = sessions; left > 0; left -= size) made.push(await this.batch(Math.min(size, left)));
    return made;
  }
}

/** Opens a batch of sessions, then closes it. */
export async function runBatch(client: BenchClient, { open, close }: Batch): Promise<Outcome[]> {
  return [await client.tell(open, BOTH), await client.tell(close, BOTH)];
}

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const read = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> =>
  z.decode(schema, value as z.input<S>);

/**
 * Reads one session back from the home utility's peer, with a Merkle proof from its record to the batch's public root:
 * the proof needs the hashes of the others, none of their bodies. Throws when anything is not as it was told.
 */
export async function proveSession(client: BenchClient, batch: Batch, index: number): Promise<void> {
  const told = batch.sessions[index];
  if (told === undefined) throw new Error(`batch ${batch.batchId} has no session ${index}`);
  const { sessionId } = told.body;
  const reader = by('USALP', 'aaa');
  const ask = (verb: string, command: Call['command']) => client.ask({ caller: reader, verb, command });
  const session = read(sessionRecord, await ask('session.get', { sessionId }));
  const { batchId = '' } = session;
  const record = read(batchRecord, await ask('session.getBatch', { batchId }));
  const { bodies } = read(batchBodies, await ask('session.getBatchBodies', { batchId }));
  const leaves = bodies.map((body) => sealBody(sessionCloseBody, body).hash);
  const leafIndex = bodies.findIndex((body) => body.sessionId === sessionId);
  const proof = merkleTree(sha256, leaves.map(bytes)).prove(leafIndex);
  const leaf = bytes(told.sealed.hash);
  const proven =
    session.state === 'closed' &&
    session.closeHash === told.sealed.hash &&
    session.openHash === told.open.sealed.hash &&
    verifyInclusion(sha256, leaf, proof, bytes(record.merkleRoot));
  if (!proven) throw new Error(`session ${sessionId} cannot be proven from the ledger`);
}
