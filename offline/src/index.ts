/** What a charger and a phone say to each other with no network. */
export { type PublicKey, type Signer, type Suite } from './suite/suite.ts';
export {
  issueChargeToken,
  MOST_TOKEN_BYTES,
  QUOTE_HASH_BYTES,
  readChargeToken,
  TOKEN_ID_BYTES,
  type Audience,
  type ChargeToken,
  type ChargeTokenError,
  type TokenLimits,
  type TokenPrice,
} from './token/charge-token.ts';
export { costMicros, energyWithin } from './token/cost.ts';
export {
  signIssuerList,
  takeIssuerList,
  type IssuerKey,
  type IssuerList,
  type IssuerListError,
} from './token/issuer-list.ts';
export {
  believeToken,
  judgeStart,
  type ChargerSituation,
  type StartGrant,
  type StartRefusal,
  type StartRefusalCode,
  type StartWish,
  type TokenUse,
} from './token/judge.ts';
