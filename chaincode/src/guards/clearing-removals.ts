import type { Removal } from './removal.ts';

const CLEARING = 'chaincode/src/clearing';

/** How the guards of invoices, disputes and demands are taken out. */
export const clearingRemovals: readonly Removal[] = [
  {
    guard: 'invoice-silence',
    file: `${CLEARING}/transactions/accept.ts`,
    find: 'if (isCreditor) {',
    replace: 'if (isCreditor && tx.nowMs < 0) {',
  },
  {
    guard: 'invoice-silence',
    file: `${CLEARING}/transactions/accept.ts`,
    find: 'requireMember(tx.caller, isCreditor ? vun : await',
    replace: 'requireMember(tx.caller, await',
  },
  {
    guard: 'dispute-amount',
    file: `${CLEARING}/raise.ts`,
    find: 'requireOwed(body, owedOf(amounts), `dispute ${body.disputeId}`);',
    replace: '',
  },
  {
    guard: 'dispute-proof',
    file: `${CLEARING}/raise.ts`,
    find: 'isIncluded(leafHash, path, batch.merkleRoot),',
    replace: 'true,',
  },
  {
    guard: 'answer-amount',
    file: `${CLEARING}/transactions/answer.ts`,
    find: `requireOwed(given.value, owed, 'the answer');`,
    replace: '',
  },
  {
    guard: 'revision-signed',
    file: `${CLEARING}/rerate.ts`,
    find: 'const { meterKey, tariffText } = requireMetering({ close, evse, openedAtMs });',
    replace:
      'const { tariffText } = before; const meterKey = evse.meterKeys.find(({ meterId }) => JSON.stringify(close.statement).includes(`"${meterId}"`)) ?? before.meterKey;',
  },
  {
    guard: 'revision-span',
    file: `${CLEARING}/rerate.ts`,
    find: 'is.last.atMs <= was.last.atMs &&',
    replace: '',
  },
  {
    guard: 'dispute-silence',
    file: `${CLEARING}/transactions/credit-by-silence.ts`,
    find: 'requireSilence(tx, terms, record',
    replace: 'void (tx, terms, record',
  },
  {
    guard: 'answer-silence',
    file: `${CLEARING}/transactions/reinvoice.ts`,
    find: 'if (isCreditor) {',
    replace: 'if (isCreditor && tx.nowMs < 0) {',
  },
  {
    guard: 'supplement-amount',
    file: `${CLEARING}/transactions/reinvoice.ts`,
    find: `requireOwed(body, answer, 'the supplement');`,
    replace: '',
  },
  {
    guard: 'cancel-accepted',
    file: `${CLEARING}/transactions/cancel.ts`,
    find: `invoice.state === 'issued',`,
    replace: 'true,',
  },
  {
    guard: 'demand-early',
    file: `${CLEARING}/transactions/demand.ts`,
    find: 'tx.nowMs > fromMs,',
    replace: 'true,',
  },
  {
    guard: 'contest-time',
    file: `${CLEARING}/transactions/contest.ts`,
    find: 'tx.nowMs <= untilMs,',
    replace: 'true,',
  },
  {
    guard: 'contest-accepted',
    file: `${CLEARING}/transactions/contest.ts`,
    find: `invoice.state === 'accepted' || invoice.state === 'netted',`,
    replace: 'true,',
  },
  {
    guard: 'dispute-once',
    file: `${CLEARING}/raise.ts`,
    find: 'await tx.requireAbsent(key);',
    replace: '',
  },
  {
    guard: 'late-twice',
    file: `${CLEARING}/transactions/reinvoice.ts`,
    find: 'record.late !== true,',
    replace: 'true,',
  },
  {
    guard: 'late-upwards',
    file: `${CLEARING}/transactions/answer.ts`,
    find: 'record.late !== true ||',
    replace: 'true ||',
  },
  {
    guard: 'credit-amount',
    file: `${CLEARING}/transactions/credit.ts`,
    find: 'requireNote(body.value, command, record, billed, stands);',
    replace: '',
  },
  {
    guard: 'dispute-period',
    file: `${CLEARING}/transactions/credit.ts`,
    find: 'requireRunning(tx, periodId);',
    replace: '',
  },
  {
    guard: 'dispute-period',
    file: `${CLEARING}/transactions/reinvoice.ts`,
    find: 'requireRunning(tx, periodId);',
    replace: '',
  },
  {
    guard: 'credit-twice',
    file: `${CLEARING}/transactions/credit.ts`,
    find: 'record.late === true && (record.state',
    replace: '(record.state',
  },
];
