/**
 * The oldest EVM that the contracts are for. Left out, the compiler takes its newest, whose code deploys on older chains
 * and fails there later.
 */
export const EVM_VERSION = 'shanghai';
