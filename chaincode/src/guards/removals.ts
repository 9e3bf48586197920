import { allocationRemovals } from './allocation-removals.ts';
import { bookingRemovals } from './booking-removals.ts';
import { clearingRemovals } from './clearing-removals.ts';
import { houseRemovals } from './house-removals.ts';
import { flexibilityRemovals } from './flexibility.ts';
import { LEAVE, RULES, SESSION, type Removal } from './removal.ts';
import { nettingRemovals } from './netting-removals.ts';
import { offlineRemovals } from './offline-removals.ts';
import { signerRemovals } from './signers.ts';
import { tamperingRemovals } from './tampering.ts';
import { visitedRemovals } from './visited-removals.ts';

/**
 * How each guard is taken out, for `npm run guards`. A guard that is kept in several places is taken out of each in turn.
 */
export const removals: readonly Removal[] = [
  // What a party's own word about time could do.
  {
    guard: 'opening-late',
    file: `${SESSION}/settling.ts`,
    find: ' && openingAtMs - terms.cdrBoundMs <= openedAtMs',
    replace: '',
  },
  {
    guard: 'settle-late',
    file: `${SESSION}/settling.ts`,
    find: 'if (tx.nowMs <= endMs + terms.cdrBoundMs) return;',
    replace: 'return;',
  },
  {
    guard: 'expire-early',
    file: `${SESSION}/transactions/expire.ts`,
    find: 'tx.nowMs > fromMs,',
    replace: 'true,',
  },
  {
    guard: 'expire-early',
    file: `${SESSION}/transactions/expire.ts`,
    find: 'own === hun ? terms.expiryGraceMs : 0',
    replace: '0',
  },

  ...visitedRemovals,
  ...signerRemovals,
  ...nettingRemovals,

  // What a third member could write, and what everybody could read.
  {
    guard: 'expire-foreign',
    file: `${SESSION}/transactions/expire.ts`,
    find: `requireMember(tx.caller, own, ['station', 'aaa', 'operator']);`,
    replace: '',
  },
  {
    guard: 'record-foreign',
    file: `${SESSION}/transactions/record.ts`,
    find: `requireMember(tx.caller, dealing.vun, ['station', 'aaa']);`,
    replace: '',
  },
  {
    guard: 'record-unknown',
    file: `${SESSION}/transactions/record.ts`,
    find: 'opening.numbers.has(number),',
    replace: 'true,',
  },
  {
    guard: 'unsigned-agreement',
    file: 'chaincode/src/consortium/agreement.ts',
    find: `    agreement.state === 'active',
    'WRONG_STATE',
    \`agreement \${agreementId} is`,
    replace: `    true,
    'WRONG_STATE',
    \`agreement \${agreementId} is`,
  },
  {
    guard: 'foreign-lane',
    file: `${SESSION}/lanes.ts`,
    find: 'lane === laneIdOf(vun.utilityId, hun.utilityId, group)',
    replace: 'true',
  },
  {
    guard: 'suspended-opens',
    file: `${SESSION}/transactions/open.ts`,
    find: 'requireActive(tx, dealing.vun);',
    replace: '',
  },
  {
    guard: 'channel-name',
    file: RULES,
    find: 'quote.channel !== ground.channel ||',
    replace: '',
  },
  {
    guard: 'soc-private',
    file: `${SESSION}/transactions/record.ts`,
    find: 'putBodies(tx, dealing, [[privateKey.notes(commandId), text]]);',
    replace:
      'putBodies(tx, dealing, [[privateKey.notes(commandId), text]]); tx.remember(`said:${commandId}`, text);',
  },
  {
    guard: 'retention',
    file: `${SESSION}/transactions/purge.ts`,
    find: 'tx.nowMs > atMs + retentionMs,',
    replace: 'true,',
  },
  {
    guard: 'retention',
    file: 'chaincode/src/context/write-set.ts',
    find: 'await stub.purgePrivateData(collection, key);',
    replace: '{ void collection; void key; }',
  },

  // What a home utility alone could refuse after its yes.
  {
    guard: 'new-keys-after-yes',
    file: LEAVE,
    find: 'keysAbout(keys, saidAtMs).some((key) => key.kid === kid)',
    replace: 'keysAbout(keys, saidAtMs).some((key) => key.kid === kid && key.untilMs === undefined)',
  },
  {
    guard: 'suspended-after-yes',
    file: LEAVE,
    find: '!activeAt(hun, saidAtMs - SKEW_MS)',
    replace: `!activeAt(hun, saidAtMs - SKEW_MS) || hun.status !== 'active'`,
  },
  {
    guard: 'yes-of-tomorrow',
    file: LEAVE,
    find: 'if (yes.issuedAtMs > open.openedAtMs + SKEW_MS)',
    replace: 'if (false)',
  },
  {
    guard: 'peer-away-claim',
    file: `${SESSION}/transactions/expire.ts`,
    find: '!new NumberBits(firstOfRange(range), claims?.bits).has(number)',
    replace: 'true',
  },
  {
    guard: 'peer-away-claim',
    file: `${SESSION}/settling.ts`,
    find: 'claims.isClaimedBy(close.sessionId, text, endMs + terms.cdrBoundMs)',
    replace: 'false',
  },
  {
    guard: 'claim-once',
    file: `${SESSION}/lanes.ts`,
    find: `ensure(!bits.has(number), 'WRONG_STATE', \`the end`,
    replace: `ensure(true, 'WRONG_STATE', \`the end`,
  },
  {
    guard: 'opening-agreement',
    file: `${SESSION}/lanes.ts`,
    find: 'record.agreementId === agreementId',
    replace: 'true',
  },
  ...clearingRemovals,
  ...bookingRemovals,
  ...allocationRemovals,
  ...flexibilityRemovals,
  ...tamperingRemovals,
  ...houseRemovals,
  ...offlineRemovals,
  {
    guard: 'agreement-ended-after-yes',
    file: RULES,
    find: '!inForceAt(agreement, openedAtMs)',
    replace: '!inForceAt(agreement, openedAtMs) || agreement.endsAtMs !== undefined',
  },
];
