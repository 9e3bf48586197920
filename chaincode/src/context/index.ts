/** What every verb stands on: the transaction, its caller, parsing, refusals. */
export { requireMember, requireRole } from './caller.ts';
export { endorsementClock } from './endorsement-clock.ts';
export { execute, type Verb } from './execute.ts';
export { ensure, LedgerError, refuse } from './ledger-error.ts';
export { decode, decodeStored, openAll, parseJson, unpackedBodies, type Opened } from './parse.ts';
export { peerTakesBatches } from './peer-batch.ts';
export { queryOf, readLinkedPage, readOwnBody, readPage, readRecord } from './query.ts';
export { RoamingContract } from './roaming-contract.ts';
export { Transaction } from './transaction.ts';
export { zip } from './zip.ts';
