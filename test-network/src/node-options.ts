/**
 * Most of what a peer or a contract allocates lives for one transaction: a large young generation halves the time spent on
 * collecting it. It has its size from the start and keeps it, so that what a process holds shows within a minute, and
 * memory that creeps up is a leak. On few cores the helpers of the collector mostly wait for one another: one is enough.
 */
const youngMiB = (size: number): string[] => [
  `--min-semi-space-size=${size}`,
  `--max-semi-space-size=${size}`,
  '--no-memory-reducer',
  '--v8-pool-size=1',
];

/** Node's options for a chaincode process, embedded or native. */
export const CHAINCODE_NODE_OPTIONS = youngMiB(32);

/** Node's options for the embedded peer. */
export const PEER_NODE_OPTIONS = youngMiB(64);
