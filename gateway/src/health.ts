import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, ReadyCheck } from '@roamgrid/service-kit';
import type { EndorsementClockState } from '@roamgrid/wire';
import { Counter, Gauge, type Registry as MetricsRegistry } from 'prom-client';
import type { Batcher } from './batcher/batcher.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { BlockReader } from './read-model/reader.ts';

/** How far the gateway is on its way to being of use. */
export interface StartState {
  isCaughtUp: boolean;
  isClosed: boolean;
}

/** So long the gateway waits for the blocks that there are before it listens; then it listens and says it is not ready. */
export const CATCH_UP_WAIT_MS = 30_000;
const HEIGHT_RETRY_MS = 1_000;

/** Becomes true once the read model holds every block that the peer had when this gateway started. */
export const catchUp = async (
  ledger: Ledger,
  reader: BlockReader,
  state: StartState,
  logger: Logger,
): Promise<void> => {
  let height: bigint | undefined;
  while (height === undefined && !state.isClosed) {
    try {
      height = await ledger.height();
    } catch (thrown) {
      logger.warn({ err: thrown }, 'the ledger does not answer yet');
      await sleep(HEIGHT_RETRY_MS, undefined, { ref: false });
    }
  }
  while (height !== undefined && !state.isClosed && !state.isCaughtUp) {
    state.isCaughtUp = await reader.readUpTo(height - 1n, HEIGHT_RETRY_MS);
    if (reader.state.fault !== undefined) return;
  }
};

/** Contracts that hang must not hang whoever asks whether the gateway is ready. */
const CLOCK_WAIT_MS = 2_000;

const clockWithin = (
  limitMs: number,
  clock: () => Promise<EndorsementClockState | undefined>,
): Promise<EndorsementClockState | undefined> =>
  Promise.race([clock(), sleep(limitMs, undefined, { ref: false })]);

/** Contracts that do not answer make no gateway unready by themselves: records that wait too long do. */
const clockCheck = (clock: EndorsementClockState | undefined): ReadyCheck => ({
  name: 'endorsement-clock',
  ok: true,
  detail: clock ?? 'the contracts do not say',
});

/** What the gateway asks whenever somebody asks whether it is ready: its database and its partners. */
export type AskedCheck = () => Promise<ReadyCheck>;

/** @param clock what the own contracts say of their guard of time; absent at an auditor's gateway, which runs none */
export const readyChecks = async (
  reader: BlockReader,
  batcher: Batcher | undefined,
  state: StartState,
  clock: (() => Promise<EndorsementClockState | undefined>) | undefined,
  asked: readonly AskedCheck[],
): Promise<ReadyCheck[]> => {
  const [answers, clockState] = await Promise.all([
    Promise.all(asked.map((check) => check())),
    clock === undefined ? undefined : clockWithin(CLOCK_WAIT_MS, clock),
  ]);
  const { connected, fault, nextBlock } = reader.state;
  return [
    { name: 'chain', ok: fault === undefined, detail: fault ?? `next block ${nextBlock}` },
    { name: 'block-stream', ok: connected },
    { name: 'caught-up', ok: state.isCaughtUp },
    ...(batcher === undefined
      ? []
      : [{ name: 'records', ok: !batcher.isBehind, detail: `oldest waits ${batcher.lagMs} ms` }]),
    ...(clock === undefined ? [] : [clockCheck(clockState)]),
    ...answers,
  ];
};

/** Counts transactions that others were ahead of; it is made before there is a registry of metrics, and joins one later. */
export const conflictCounter = () =>
  new Counter({
    name: 'roamgrid_conflicts_total',
    help: 'Transactions that the peers found invalid because another one had changed what they read, by command',
    labelNames: ['kind'],
    registers: [],
  });

/** Height, age and state of the read model. */
export const ledgerMetrics = (registry: MetricsRegistry, reader: BlockReader): void => {
  const registers = [registry];
  new Gauge({
    name: 'roamgrid_ledger_height',
    help: 'Blocks in the read model',
    registers,
    collect() {
      this.set(Number(reader.state.nextBlock));
    },
  });
  new Gauge({
    name: 'roamgrid_checkpoint_age_seconds',
    help: 'Time since the last block was read',
    registers,
    collect() {
      const { lastBlockAtMs } = reader.state;
      if (lastBlockAtMs !== undefined) this.set((Date.now() - lastBlockAtMs) / 1000);
    },
  });
  new Gauge({
    name: 'roamgrid_block_stream_connected',
    help: '1 while blocks are delivered',
    registers,
    collect() {
      this.set(reader.state.connected ? 1 : 0);
    },
  });
};
