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
  type Call,
  type ClosedSession,
  type OpenedSession,
} from '@roamgrid/chaincode/testing';
import { merkleTree, verifyInclusion } from '@roamgrid/domain';
import { batchBodies, batchRecord, sealBody, sessionCloseBody, sessionRecord } from '@roamgrid/wire';
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
      Array.from({ length: size }, (_, index) =>
        this.#open(`session-${first + index}`, (first + index) % 100),
      ),
    );
    const sessions = opened.map((session, index) =>
      closeSession(session, first + index + 1, { oneStatement: true }),
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
    if (customer >= this.#cachedPercent) return openSession(sessionId);
    const profile =
      this.#profiles.get(customer) ?? (await openSession(sessionId, { authorisedBy: 'cache' })).body.evidence;
    this.#profiles.set(customer, profile);
    return openSession(sessionId, { authorisedBy: 'cache', body: { evidence: profile } });
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
