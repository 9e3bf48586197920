/**
 * Node's options for a chaincode process, embedded or native: it makes garbage with every call, most of which is gone when
 * the call is over, and has the machine to share.
 */
export const CHAINCODE_NODE_OPTIONS = ['--max-semi-space-size=32', '--v8-pool-size=1'];
