/**
 * What opening and settling a session costs one endorsing contract, without network and peer: whole verbs over a state in
 * memory; and how large its bodies are, as JSON and packed. Prints JSON. Run: `npx tsx bench/src/session-contracts.ts
 * [rounds]`; under `node --cpu-prof --import tsx` it shows where the time goes.
 */
import { call, groundwork, type Call } from '@roamgrid/chaincode/testing';
import { MemoryLedger } from '@roamgrid/chaincode/testing/ledger';
import { packBodies, unpackBodies } from '@roamgrid/wire';
import { LaneGateway, type SettledBatch } from './native/lane-gateway.ts';
import { LaneSessions } from './native/signed-sessions.ts';
import { makeSites, registration } from './native/sites.ts';

const BATCHES = 4;
const SIZE = 500;
const OPENED_TOGETHER = 100;
const SESSIONS = BATCHES * SIZE;
const STATIONS = 100;
const DAY_MS = 86_400_000;
const KIND = { cachedPercent: 85, customers: 700, bound: true, device: false };

/** Milliseconds of processor time a session, of the best round: the others tell of warming up and of the machine. */
const best = async (rounds: number, run: () => unknown): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000 / SESSIONS);
  }
  return Number(Math.min(...times).toFixed(4));
};

const bytesEach = (texts: readonly string[]): number =>
  Math.round(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / SESSIONS);

const packing = async (rounds: number, settles: readonly SettledBatch[]) => {
  const packed = settles.map(({ call: { transient } }) => transient?.['sessions'] ?? '');
  const lists = packed.map((text) => {
    const unpacked = unpackBodies(text);
    return unpacked.ok ? unpacked.value : [];
  });
  return {
    jsonBytesEach: bytesEach(lists.flat()),
    packedBytesEach: bytesEach(packed),
    packMsEach: await best(rounds, () => lists.map(packBodies)),
    unpackMsEach: await best(rounds, () => packed.map(unpackBodies)),
  };
};

const measure = async (rounds: number, bound: boolean, device: boolean) => {
  const nowMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const ledger = new MemoryLedger();
  const sites = makeSites(STATIONS, 1);
  for (const step of [...groundwork(), ...sites.map(registration)])
    await ledger.submit({ ...call(step), nowMs: nowMs - 40 * DAY_MS });
  const laneId = 'USDUK-USALP-g0';
  const made = new LaneSessions(laneId, sites, { ...KIND, bound, device }, nowMs - 29 * DAY_MS);
  const sessions = [];
  for (let index = 0; index < SESSIONS; index += 1) sessions.push(await made.next());
  const gateway = new LaneGateway(laneId);
  const opens: Call[] = [];
  for (let from = 0; from < SESSIONS; from += OPENED_TOGETHER)
    opens.push({ ...gateway.open(sessions.slice(from, from + OPENED_TOGETHER)), nowMs });
  const formingFrom = performance.now();
  const settles: SettledBatch[] = [];
  for (let from = 0; from < SESSIONS; from += SIZE)
    settles.push(gateway.settle(sessions.slice(from, from + SIZE)));
  const formMsEach = Number(((performance.now() - formingFrom) / SESSIONS).toFixed(4));
  for (const open of opens) await ledger.submit(open);
  const ledgers: { readonly settle: Call; readonly at: MemoryLedger }[] = [];
  for (const { call: settle } of settles) {
    const at = new MemoryLedger();
    for (const [key, value] of ledger.state) at.state.set(key, value);
    ledgers.push({ settle: { ...settle, nowMs }, at });
    await ledger.submit({ ...settle, nowMs });
  }
  const settleMsEach = await best(rounds, async () => {
    for (const { settle, at } of ledgers) {
      const refusal = await at.refusal(settle);
      if (refusal !== 'ok') throw new Error(refusal);
    }
  });
  return {
    bound,
    device,
    rounds,
    sessionsInBatch: SIZE,
    formMsEach,
    settleMsEach,
    bodies: await packing(rounds, settles),
  };
};

try {
  const rounds = Number(process.argv[2] ?? 10);
  for (const [bound, device] of [
    [true, false],
    [false, false],
    [true, true],
  ] as const) {
    process.stdout.write(`${JSON.stringify(await measure(rounds, bound, device))}\n`);
  }
} catch (error) {
  // Said here: fabric-shim, which comes with the contracts, would log what nobody caught and let the process end well.
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
}
