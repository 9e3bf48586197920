/** Complete sessions over the lanes of one pair: opened in an order of their own, settled as they end. */
import { hash } from 'node:crypto';
import { by, call, groundwork, MSP, type Call, type ClosedSession } from '@roamgrid/chaincode/testing';
import { batchRecord, bodyHash, isIncluded, sessionState, settledSession } from '@roamgrid/wire';
import { z } from 'zod';
import type { BenchClient, Outcome } from './client.ts';
import { closedLoop } from './load.ts';
import { LaneGateway, type SettledBatch } from './lane-gateway.ts';
import { LaneSessions, type SessionKind } from './signed-sessions.ts';
import { makeSites, registration } from './sites.ts';

export const BOTH = [MSP.USALP, MSP.USDUK];
const DAY_MS = 86_400_000;
/** The consortium was set up before its sessions began, and these happened in the weeks before now. */
const SET_UP_DAYS = 40;
const FIRST_DAYS = 29;
const REGISTERED_AT_ONCE = 32;

/** How sessions are spread. */
export interface Spread extends SessionKind {
  readonly stations: number;
  readonly lanes: number;
  /** Sessions in one opening, drawn from all over the window: those of a settle come from many openings. */
  readonly openedTogether: number;
  /** Sessions in one settle. */
  readonly batch: number;
}

/** Some sessions of one lane, ready to be told: in the order of their openings, and in that of their ends. */
export interface LaneWork {
  readonly gateway: LaneGateway;
  readonly openings: readonly (readonly ClosedSession[])[];
  readonly settles: readonly (readonly ClosedSession[])[];
}

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

/** An order that repeats and has nothing to do with the one given. */
const scattered = <T extends ClosedSession>(items: readonly T[]): readonly T[] => {
  const place = ({ open }: T): string => hash('sha256', `opened ${open.body.sessionId}`, 'hex');
  return [...items].sort((a, b) => (place(a) < place(b) ? -1 : 1));
};

const endOf = ({ body }: ClosedSession): number => body.readings.at(-1)?.atMs ?? 0;

/** Numbers of one opening lie in one span; sessions of a window are numbered together. */
const openingsOf = (
  sessions: readonly ClosedSession[],
  size: number,
): readonly (readonly ClosedSession[])[] =>
  chunks(sessions, LaneGateway.span).flatMap((span) => chunks(scattered(span), size));

export class SessionMaker {
  readonly spread: Spread;
  readonly #sites;
  readonly #lanes: readonly { readonly made: LaneSessions; readonly gateway: LaneGateway }[];
  #made = 0;

  constructor(spread: Spread) {
    this.spread = spread;
    const sites = makeSites(spread.stations, spread.lanes);
    this.#sites = sites;
    const firstMs = Date.now() - FIRST_DAYS * DAY_MS;
    this.#lanes = Array.from({ length: spread.lanes }, (_, index) => {
      const laneId = `USDUK-USALP-g${index}`;
      const own = sites.filter(({ group }) => group === index);
      return { made: new LaneSessions(laneId, own, spread, firstMs), gateway: new LaneGateway(laneId) };
    });
  }

  get made(): number {
    return this.#made;
  }

  /** Registers the two utilities, the stations, an agreement and a tariff, as if long ago. */
  async prepare(client: BenchClient): Promise<void> {
    const tell = async (step: ReturnType<typeof groundwork>[number]): Promise<void> => {
      const told = { ...call(step), nowMs: Date.now() - SET_UP_DAYS * DAY_MS };
      const outcome = await client.tell(told, step.transient && BOTH);
      if (outcome !== 'valid') throw new Error(`${step.verb}: ${outcome}`);
    };
    for (const step of groundwork()) {
      if (step.caller.mspId === MSP.USGPC || step.command['utilityId'] === 'USGPC') continue;
      await tell(step);
    }
    await closedLoop(this.#sites.map(registration), REGISTERED_AT_ONCE, tell);
  }

  /** What home utilities, stations and meters sign: outside of what is measured. */
  async work(sessions: number): Promise<readonly LaneWork[]> {
    const each = Math.ceil(sessions / this.#lanes.length);
    const work: LaneWork[] = [];
    for (const { made, gateway } of this.#lanes) {
      const own: ClosedSession[] = [];
      for (let index = 0; index < each; index += 1) own.push(await made.next());
      const ended = [...own].sort((a, b) => endOf(a) - endOf(b));
      work.push({
        gateway,
        openings: openingsOf(own, this.spread.openedTogether),
        settles: chunks(ended, this.spread.batch),
      });
    }
    this.#made += each * this.#lanes.length;
    return work;
  }
}

/** Opens all sessions of a lane, then settles them, one command at a time as a gateway tells them. */
export const runLane = async (
  client: BenchClient,
  { gateway, openings, settles }: LaneWork,
): Promise<{ readonly outcomes: Outcome[]; readonly batches: SettledBatch[] }> => {
  const outcomes: Outcome[] = [];
  const batches: SettledBatch[] = [];
  for (const sessions of openings) outcomes.push(await client.tell(gateway.open(sessions), BOTH));
  for (const sessions of settles) {
    const batch = gateway.settle(sessions);
    batches.push(batch);
    outcomes.push(await client.tell(batch.call, BOTH));
  }
  return { outcomes, batches };
};

const read = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> =>
  z.decode(schema, value as z.input<S>);

/**
 * Reads one session back from the home utility's peer, with the path from its text to the batch's public root: one body,
 * none of the others. Throws when anything is not as it was told.
 */
export async function proveSession(client: BenchClient, batch: SettledBatch, index: number): Promise<void> {
  const { batchId } = batch;
  const sessionId = batch.sessionIds[index];
  if (sessionId === undefined) throw new Error(`batch ${batchId} has no session ${index}`);
  const caller = by('USALP', 'aaa');
  const ask = (verb: string, command: Call['command']) => client.ask({ caller, verb, command });
  const { state } = read(sessionState, await ask('session.get', { sessionId }));
  const record = read(batchRecord, await ask('session.getBatch', { batchId }));
  const { body, proof } = read(settledSession, await ask('session.getClosed', { batchId, sessionId }));
  const leaf = bodyHash(body);
  const proven =
    state === 'closed' && leaf === batch.hashes[index] && isIncluded(leaf, proof, record.merkleRoot);
  if (!proven) throw new Error(`session ${sessionId} cannot be proven from the ledger`);
}
