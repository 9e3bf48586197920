import {
  KEY_HISTORY,
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
const OFFLINE_KEYS = 'offline keys';

type StatedOfflineKey = NonNullable<Registration['offlineKeys']>[number];

/** What counts where nobody hears of anything: keys are dated as signing keys are, and what was taken back stays so. */
const offlineOf = (
  tx: Transaction,
  before: Pick<UtilityRecord, 'offlineKeys' | 'tokenEpochs'> | undefined,
  { offlineKeys: stated, tokenEpoch }: Registration,
): Pick<UtilityRecord, 'offlineKeys' | 'tokenEpochs'> => {
  const epochs = before?.tokenEpochs ?? [];
  const present = epochs.at(-1)?.epoch ?? 0;
  const epoch = tokenEpoch ?? present;
  ensure(epoch >= present, 'INVALID_ARGUMENT', `the epoch of tokens is ${present}, and never falls`);
  const begun = epoch > present ? [...epochs, { epoch, fromMs: tx.nowMs }] : epochs;
  ensure(
    begun.length <= KEY_HISTORY.keys,
    'TOO_LARGE',
    `a record keeps ${KEY_HISTORY.keys} epochs of tokens: change the key that signs them instead`,
  );
  const had = before?.offlineKeys;
  return {
    ...(begun.length > 0 && { tokenEpochs: begun }),
    ...((had !== undefined || stated !== undefined) && {
      offlineKeys: mergeKeys<StatedOfflineKey>(had ?? [], stated ?? [], tx.nowMs, OFFLINE_KEYS),
    }),
  };
};

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
  const own = before?.mspId === tx.caller.mspId ? before : undefined;
  const version = (before?.version ?? 0) + 1;
  const isFirst = before === undefined && (await allUtilities(tx)).length === 0;
  const { offlineKeys: _keys, tokenEpoch: _epoch, ...stated } = utility;
  return {
    type: 'utility',
    version,
    mspId: tx.caller.mspId,
    ...stated,
    signingKeys: mergeKeys<PublicJwk>(own?.signingKeys ?? [], utility.signingKeys, tx.nowMs, SIGNING_KEYS),
    ...offlineOf(tx, own, utility),
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
    ...offlineOf(tx, before, utility),
    ...askForIssuer(before, utility, version),
  };
};

/** Applies for membership, or changes a member's registration. */
export const registerUtility: Verb<typeof consortiumCommands.registerUtility> = async (tx, { utility }) => {
  requireRole(tx.caller, ['operator']);
  ensure(utility.validUntilMs > tx.nowMs, 'EXPIRED', 'the registration would have run out already');
  const stated = [...utility.signingKeys, ...(utility.offlineKeys ?? [])];
  ensure(
    new Set(stated.map(({ kid }) => kid)).size === stated.length,
    'INVALID_ARGUMENT',
    'two signing keys share a kid',
  );
  // A key has one use: what it signs for the one can never be taken for the other.
  const isShared = (utility.offlineKeys ?? []).some((key) =>
    stated.some((other) => other !== key && other.x === key.x && other.y === key.y),
  );
  ensure(!isShared, 'INVALID_ARGUMENT', 'an offline key is stated twice: each use has a key of its own');

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
