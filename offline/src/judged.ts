/** What it takes to judge a session that an offline charger had, long after: for contracts, without randomness, clock or link. */
export { statementText } from './charger/record.ts';
export { startProof } from './handshake/start-proof.ts';
export { keyIdOf } from './suite/key-id.ts';
export { NODE_VERIFIER } from './suite/node-verifier.ts';
export { QUOTE_HASH_BYTES, type ChargeToken } from './token/charge-token.ts';
export { costMicros } from './token/cost.ts';
export type { IssuerKey, IssuerList } from './token/issuer-list.ts';
export { believeToken, judgeStart, type StartRefusalCode } from './token/judge.ts';
