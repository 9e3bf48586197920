/**
 * What opening and closing a session costs one endorsing contract, without network and peer: whole verbs over a state in
 * memory; and how large its bodies are, as JSON and packed. Prints JSON. Run: `npx tsx bench/src/session-contracts.ts
 * [rounds]`; under `node --cpu-prof --import tsx` it shows where the time goes.
 */
import { call, groundwork, type Call } from '@roamgrid/chaincode/testing';
import { MemoryLedger } from '@roamgrid/chaincode/testing/ledger';
import { packBodies, unpackBodies } from '@roamgrid/wire';
import { SessionMaker, type Batch } from './native/sessions.ts';

const BATCHES = 4;
const SIZE = 200;
const CACHED_PERCENT = 85;
const SESSIONS = BATCHES * SIZE;

/** Milliseconds a session, of the best round: the others tell of warming up and of the machine. */
const best = async (rounds: number, run: () => unknown): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    await run();
    times.push((performance.now() - startedMs) / SESSIONS);
  }
  return Number(Math.min(...times).toFixed(4));
};

const bytesEach = (texts: readonly string[]): number =>
  Math.round(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / SESSIONS);

/** Both bodies of each session. */
const packing = async (rounds: number, batches: readonly Batch[]) => {
  const lists = batches.flatMap(({ sessions }) => [
    sessions.map(({ open }) => open.sealed.text),
    sessions.map(({ sealed }) => sealed.text),
  ]);
  const packed = lists.map(packBodies);
  return {
    jsonBytesEach: bytesEach(lists.flat()),
    packedBytesEach: bytesEach(packed),
    packMsEach: await best(rounds, () => lists.map(packBodies)),
    unpackMsEach: await best(rounds, () => packed.map(unpackBodies)),
  };
};

const measure = async (rounds: number) => {
  const ledger = new MemoryLedger();
  for (const step of groundwork()) await ledger.submit(call(step));
  const batches = await new SessionMaker(CACHED_PERCENT).batches(SESSIONS, SIZE);
  const tell = async (calls: readonly Call[]): Promise<void> => {
    for (const told of calls) {
      const refusal = await ledger.refusal(told);
      if (refusal !== 'ok') throw new Error(refusal);
    }
  };
  const opens = batches.map(({ open }) => open);
  const closes = batches.map(({ close }) => close);
  const openMsEach = await best(rounds, () => tell(opens));
  for (const open of opens) await ledger.submit(open);
  const closeMsEach = await best(rounds, () => tell(closes));
  return { rounds, sessionsInBatch: SIZE, openMsEach, closeMsEach, bodies: await packing(rounds, batches) };
};

try {
  process.stdout.write(`${JSON.stringify(await measure(Number(process.argv[2] ?? 20)))}\n`);
} catch (error) {
  // Said here: fabric-shim, which comes with the contracts, would log what nobody caught and let the process end well.
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
}
