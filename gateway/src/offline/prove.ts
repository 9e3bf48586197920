import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import {
  believeToken,
  startProof,
  type ChargeToken,
  type IssuerList,
  type OfflineRecord,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { tokenIssuersOf } from '@roamgrid/wire';
import type { Registry } from '../registry/registry.ts';

/** Tokens of whatever epoch: whether one was taken back when the session began, the booking judges. */
const ALWAYS_MS = 0;

/** Members and their keys for tokens, of whatever time. */
export const allIssuers = async (registry: Registry): Promise<IssuerList> => {
  const lists = await Promise.all(registry.utilities().map((utility) => tokenIssuersOf(utility, ALWAYS_MS)));
  return { version: 0, madeAtS: 0, issuers: lists.flat() };
};

/**
 * Whether a record shows by itself that a member's customer wanted it: a member signed the token, and whoever holds its key signed for this start. So
 * nobody fills the store who has no token.
 * @param issuers by {@link allIssuers}
 */
export const proveRecord = async (
  issuers: IssuerList,
  { evidence, askedWh }: OfflineRecord,
): Promise<Result<ChargeToken, DomainError>> => {
  const token = await believeToken(evidence.token, issuers, NODE_SUITE);
  if (!token.ok) return token;
  const signed = await startProof({ ...evidence, askedWh }, NODE_SUITE);
  return (await NODE_SUITE.verify(token.value.holder, signed, evidence.signature))
    ? ok(token.value)
    : err({ code: 'PROOF_FORGED', message: 'the holder of the token did not sign for this start' });
};
