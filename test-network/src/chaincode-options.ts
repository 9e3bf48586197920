/**
 * Node's options for a chaincode process, embedded or native: it makes garbage with every call, most of which is gone when
 * the call is over, and has the machine to share. The space for that garbage has its size from the start and keeps it:
 * memory that creeps up is a leak.
 */
export const CHAINCODE_NODE_OPTIONS = [
  '--min-semi-space-size=32',
  '--max-semi-space-size=32',
  '--no-memory-reducer',
  '--v8-pool-size=1',
];
