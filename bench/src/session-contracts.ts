/**
 * What opening and closing a session costs one endorsing contract, without network and peer: whole verbs over a state in
 * memory. Prints JSON. Run: `npx tsx bench/src/session-contracts.ts [rounds]`; under `node --cpu-prof --import tsx` it
 * shows where the time goes.
 */
import { MemoryLedger, call, groundwork } from '@roamgrid/chaincode/testing';
import { SessionMaker } from './native/sessions.ts';

const BATCHES = 4;
const SIZE = 100;
const CACHED_PERCENT = 85;
const rounds = Number(process.argv[2] ?? 20);

const ledger = new MemoryLedger();
for (const step of groundwork()) await ledger.submit(call(step));
const batches = await new SessionMaker(CACHED_PERCENT).batches(BATCHES * SIZE, SIZE);

type Told = Parameters<MemoryLedger['refusal']>[0];

/** Milliseconds a session, of the best round: the others tell of warming up and of the machine. */
const best = async (calls: readonly Told[]): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    for (const told of calls) {
      const refusal = await ledger.refusal(told);
      if (refusal !== 'ok') throw new Error(refusal);
    }
    times.push((performance.now() - startedMs) / (BATCHES * SIZE));
  }
  return Number(Math.min(...times).toFixed(4));
};

const openMsEach = await best(batches.map(({ open }) => open));
for (const { open } of batches) await ledger.submit(open);
const closeMsEach = await best(batches.map(({ close }) => close));
process.stdout.write(`${JSON.stringify({ rounds, sessionsInBatch: SIZE, openMsEach, closeMsEach })}\n`);
