import { Gauge, Histogram, type Registry as MetricsRegistry } from 'prom-client';
import type { Batcher } from './batcher.ts';

/** How the way to the ledger does. */
export const batcherMetrics = (registry: MetricsRegistry, batcher: Batcher) => {
  const registers = [registry];
  new Gauge({
    name: 'roamgrid_queue_depth',
    help: 'Accepted facts that are not on the ledger, by state',
    labelNames: ['state'],
    registers,
    async collect() {
      const { waiting, parked } = await batcher.depth();
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'parked' }, parked);
    },
  });
  new Gauge({
    name: 'roamgrid_queue_lag_seconds',
    help: 'Age of the oldest session opening that is not on the ledger',
    registers,
    collect() {
      this.set(batcher.lagMs / 1000);
    },
  });
  return {
    items: new Histogram({
      name: 'roamgrid_batch_items',
      help: 'Facts in one committed command',
      labelNames: ['kind'],
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    }),
    seconds: new Histogram({
      name: 'roamgrid_commit_seconds',
      help: 'Time from the first proposal of a command to its commit',
      labelNames: ['kind'],
      buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
  };
};
