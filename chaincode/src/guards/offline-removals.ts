import { SESSION, type Removal } from './removal.ts';

/** How the guards of what began offline are taken out. */

const JUDGE = 'offline/src/token/judge.ts';
const START = 'wire/src/ledger/offline-start.ts';
const END = 'wire/src/ledger/offline-end.ts';

export const offlineRemovals: readonly Removal[] = [
  { guard: 'offline-unsigned', file: JUDGE, find: 'if (!verified.ok)', replace: 'if (false)' },
  {
    guard: 'offline-holder',
    file: START,
    find: 'if (!(await isProven(open, start, token)))',
    replace: 'if (false)',
  },
  {
    guard: 'offline-elsewhere',
    file: JUDGE,
    find: 'if (!isForAnyone && !isFor(token, situation))',
    replace: 'if (false)',
  },
  { guard: 'offline-window', file: JUDGE, find: 'if (nowS >= token.expiresS)', replace: 'if (false)' },
  {
    guard: 'offline-overstay',
    file: END,
    find: 'endMs > expiresS * MS_PER_S + clockSkewMs',
    replace: 'false',
  },
  {
    guard: 'offline-clock',
    file: END,
    find: 'Math.abs(startMs - openedAtMs) > clockSkewMs',
    replace: 'false',
  },
  {
    guard: 'offline-meter',
    file: 'wire/src/ledger/opening-rules.ts',
    find: 'tariffText === undefined || tariffText === binding',
    replace: 'true',
  },
  { guard: 'offline-energy', file: END, find: 'energyWh > (offline?.askedWh ?? 0n)', replace: 'false' },
  {
    guard: 'offline-price',
    file: END,
    find: 'totalMicros > costMicros(price, energyWh, BigInt(endMs - startMs)) + ROUNDED_MICROS',
    replace: 'false',
  },
  {
    guard: 'offline-quote',
    file: START,
    find: 'canonicalOf(due) !== canonicalOf(quote)',
    replace: 'false',
  },
  {
    guard: 'offline-leave',
    file: START,
    find: '!quoteHashOf(open.evidence).equals(token.price.quoteHash)',
    replace: 'false',
  },
  { guard: 'offline-lane', file: START, find: 'leave.laneId === laneOf(sessionId)', replace: 'true' },
  {
    guard: 'offline-agreement',
    file: START,
    find: 'leave.validUntilMs - leave.validFromMs > terms.profileLifetimeMs',
    replace: 'false',
  },
  {
    guard: 'offline-as-home',
    file: 'wire/src/ledger/home-leave.ts',
    find: `if (open.authorisedBy !== 'cache')`,
    replace: 'if (false)',
  },
  {
    guard: 'offline-number',
    file: `${SESSION}/offline.ts`,
    find: '  stateKey.offline(evseId, number),\n',
    replace: '',
  },
  {
    guard: 'offline-start',
    file: `${SESSION}/offline.ts`,
    find: `  stateKey.offlineStart(hash('sha256', transcript, 'hex')),\n`,
    replace: '',
  },
  {
    guard: 'offline-sum',
    file: `${SESSION}/exposure.ts`,
    find: 'takenWh <= profile.energyWh,',
    replace: 'true,',
  },
  {
    guard: 'offline-epoch',
    file: START,
    find: 'openedAtMs - terms.revocationGraceMs',
    replace: 'openedAtMs * 0',
  },
  {
    guard: 'epoch-falls',
    file: 'chaincode/src/consortium/transactions/register-utility.ts',
    find: 'ensure(epoch >= present,',
    replace: 'ensure(true,',
  },
];
