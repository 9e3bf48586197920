/** What only Node has: its own primitives, and folders. */
export { blocksIn } from './block-files.ts';
export { BodyFiles } from './body-files.ts';
export { nodePrimitives } from './primitives.ts';
export type { LedgerTold, LedgerTrusted } from '../ledger/chain.ts';
export { verifyLedger, type LedgerVerdict } from '../ledger/verify.ts';
export { readBlockMessage } from '../fabric/stored-block.ts';
