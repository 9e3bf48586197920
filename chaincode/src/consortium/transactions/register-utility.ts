import {
  LEDGER_LIMITS,
  stateKey,
  utilityRecord,
  type consortiumCommands,
  type PublicJwk,
  type UtilityRecord,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { ensure, requireRole, type Transaction, type Verb } from '../../context/index.ts';
import { mergeKeys } from '../key-history.ts';
import { allUtilities } from '../registry.ts';

type Registration = z.output<typeof consortiumCommands.registerUtility>['utility'];

const SIGNING_KEYS = 'signing keys';

/**
 * An application: members vote on exactly this version, so another application, of whichever organisation, begins anew. Only
 * admission gives an organisation its prefix. The very first utility of a channel has nobody who could vote, and is a
 * member at once: who that is, those agree on who create the channel together.
 */
const apply = async (
  tx: Transaction,
  utility: Registration,
  before: UtilityRecord | undefined,
): Promise<UtilityRecord> => {
  const own = before?.mspId === tx.caller.mspId ? before.signingKeys : [];
  const version = (before?.version ?? 0) + 1;
  const isFirst = before === undefined && (await allUtilities(tx)).length === 0;
  return {
    type: 'utility',
    version,
    mspId: tx.caller.mspId,
    ...utility,
    signingKeys: mergeKeys<PublicJwk>(own, utility.signingKeys, tx.nowMs, SIGNING_KEYS),
    status: isFirst ? 'active' : 'applied',
    statusFromMs: tx.nowMs,
    statusVersion: version,
  };
};

/** Other addresses than the present ones are where customers' data will be sent, so they are asked for, not set. */
const askForIssuer = (
  { oidcIssuer, aaaUrl, pendingIssuer }: UtilityRecord,
  wanted: Registration,
  version: number,
): Pick<UtilityRecord, 'pendingIssuer'> => {
  const differs = (from: Pick<UtilityRecord, 'oidcIssuer' | 'aaaUrl'>): boolean =>
    wanted.oidcIssuer !== from.oidcIssuer || wanted.aaaUrl !== from.aaaUrl;
  if (!differs({ oidcIssuer, aaaUrl })) return {};
  // Asking for the same again must not void the votes for it.
  if (pendingIssuer !== undefined && !differs(pendingIssuer)) return { pendingIssuer };
  return { pendingIssuer: { version, oidcIssuer: wanted.oidcIssuer, aaaUrl: wanted.aaaUrl } };
};

/** A registration that ends sooner than it did must leave time for what its utility has just said yes to. */
const requireNotice = (tx: Transaction, { validUntilMs }: Registration, before: UtilityRecord): void => {
  const { withdrawalNoticeMs } = LEDGER_LIMITS;
  ensure(
    validUntilMs >= Math.min(before.validUntilMs, tx.nowMs + withdrawalNoticeMs),
    'INVALID_ARGUMENT',
    `validUntilMs may be brought forward to ${withdrawalNoticeMs} ms from now, not nearer`,
  );
};

/** A member's own change: keys, name and a longer time are its own matter. */
const reRegister = (tx: Transaction, utility: Registration, before: UtilityRecord): UtilityRecord => {
  requireNotice(tx, utility, before);
  const { pendingIssuer: _asked, ...kept } = before;
  const version = before.version + 1;
  return {
    ...kept,
    version,
    name: utility.name,
    validUntilMs: utility.validUntilMs,
    signingKeys: mergeKeys<PublicJwk>(before.signingKeys, utility.signingKeys, tx.nowMs, SIGNING_KEYS),
    ...askForIssuer(before, utility, version),
  };
};

/** Applies for membership, or changes a member's registration. */
export const registerUtility: Verb<typeof consortiumCommands.registerUtility> = async (tx, { utility }) => {
  requireRole(tx.caller, ['operator']);
  ensure(utility.validUntilMs > tx.nowMs, 'EXPIRED', 'the registration would have run out already');
  const kids = new Set(utility.signingKeys.map(({ kid }) => kid));
  ensure(kids.size === utility.signingKeys.length, 'INVALID_ARGUMENT', 'two signing keys share a kid');

  const key = stateKey.utility(utility.utilityId);
  const before = await tx.find(utilityRecord, key);
  const isMember = before !== undefined && before.status !== 'applied';
  ensure(
    !isMember || before.mspId === tx.caller.mspId,
    'FORBIDDEN',
    `${utility.utilityId} belongs to another organisation`,
  );
  tx.put(utilityRecord, key, isMember ? reRegister(tx, utility, before) : await apply(tx, utility, before));
};
