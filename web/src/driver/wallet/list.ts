import { facts, h } from '../../shared/dom.ts';
import { whyOf } from '../../shared/load.ts';
import { speech } from '../words/speech.ts';
import { isRunning, leftOf, type KeptSession, type KeptToken } from './kept.ts';
import type { Purse } from './purse.ts';
import { priceText } from './review.ts';

/** What the wallet has: tokens with what is left of each, what is left on the account, sessions. */

export interface ListView {
  readonly tokens: readonly KeptToken[];
  readonly sessions: readonly KeptSession[];
  readonly nowMs: () => number;
  /** What can be done with a token now. */
  readonly stepsOf: (token: KeptToken) => readonly HTMLElement[];
}

/** Of sessions so many are shown. */
const SHOWN = 50;

const isReady = (token: KeptToken, { sessions, nowMs }: ListView): boolean =>
  token.state === 'open' && nowMs() < token.untilMs && leftOf(token, sessions).sessions > 0;

/** Whether a session by it flows. */
const runsBy = ({ tokenId }: KeptToken, { sessions, nowMs }: Pick<ListView, 'sessions' | 'nowMs'>): boolean =>
  sessions.some((session) => session.tokenId === tokenId && isRunning(session, nowMs()));

const stateOf = (token: KeptToken, { sessions, nowMs }: ListView): string => {
  const { states, spent, over, tap } = speech().words.wallet;
  if (runsBy(token, { sessions, nowMs })) return tap.running;
  if (token.state !== 'open') return states[token.state];
  if (leftOf(token, sessions).sessions === 0) return spent;
  return nowMs() >= token.untilMs ? over : states.open;
};

const tokenItem = (token: KeptToken, view: ListView): HTMLElement => {
  const { words, write } = speech();
  const { tokenId, place, evseId, fromMs, untilMs, currency, price, state } = token;
  const left = leftOf(token, view.sessions);
  const what = words.wallet.left(
    write.energy(left.energyWh.toString()),
    write.money(left.costMicros.toString(), currency),
  );
  const ready = isReady(token, view);
  const runs = runsBy(token, view);
  return h(
    'li',
    { 'data-token': tokenId, 'data-state': ready ? 'ready' : state },
    h('span', { class: 'where' }, place.name),
    h('span', { class: `amount chip ${ready || runs ? 'granted' : ''}` }, stateOf(token, view)),
    h('span', { class: 'lead' }, `${write.span(fromMs, untilMs)} · ${evseId}`),
    h(
      'span',
      { class: 'lead' },
      ready ? `${what} · ${priceText(price, currency)}` : priceText(price, currency),
    ),
    ...view.stepsOf(token),
  );
};

/** Ready ones first, the one that is over soonest before others; then the rest, the latest first. */
const inOrder = (view: ListView): readonly KeptToken[] => {
  const ready = view.tokens.filter((token) => isReady(token, view)).sort((a, b) => a.untilMs - b.untilMs);
  const rest = view.tokens.filter((token) => !isReady(token, view)).sort((a, b) => b.untilMs - a.untilMs);
  return [...ready, ...rest];
};

export const tokenList = (view: ListView): HTMLElement => {
  const { wallet } = speech().words;
  const tokens = inOrder(view);
  return h(
    'section',
    { class: 'card', id: 'tokens', 'aria-labelledby': 'tokens-title' },
    h('h2', { id: 'tokens-title' }, wallet.tokens),
    tokens.length === 0
      ? h('p', { class: 'lead' }, wallet.noTokens)
      : h('ul', { class: 'sessions' }, ...tokens.map((token) => tokenItem(token, view))),
  );
};

const sessionItem = (session: KeptSession, nowMs: number): HTMLElement => {
  const { words, write } = speech();
  const { records, tap } = words.wallet;
  const { sessionId, placeName, evseId, beganMs, endsMs, ended, currency, record, mostWh, mostMicros } =
    session;
  const { readyMs } = session;
  const runs = isRunning(session, nowMs);
  // Of one that its charger ended, this phone does not know what it came to.
  const money = ended === undefined ? '' : write.money(ended.costMicros, currency);
  const what =
    ended === undefined
      ? tap.most(write.energy(mostWh), write.money(mostMicros, currency))
      : `${write.energy(ended.energyWh)}.`;
  return h(
    'li',
    { 'data-session': sessionId, 'data-record': record },
    h('span', { class: 'where' }, placeName),
    h('span', { class: runs ? 'amount chip granted' : 'amount' }, runs ? tap.running : money),
    h('span', { class: 'lead' }, `${write.span(beganMs, ended?.atMs ?? endsMs)} · ${evseId}`),
    h('span', { class: 'lead' }, runs ? what : `${what} ${records[record]}`),
    ...(runs && readyMs !== undefined
      ? [h('span', { class: 'lead' }, readyMs === null ? tap.notReady : tap.ready(write.day(readyMs)))]
      : []),
  );
};

export const sessionList = ({ sessions, nowMs }: Pick<ListView, 'sessions' | 'nowMs'>): HTMLElement => {
  const { wallet } = speech().words;
  const shown = [...sessions].sort((a, b) => b.beganMs - a.beganMs).slice(0, SHOWN);
  return h(
    'section',
    { class: 'card', id: 'history', 'aria-labelledby': 'history-title' },
    h('h2', { id: 'history-title' }, wallet.history),
    shown.length === 0
      ? h('p', { class: 'lead' }, wallet.noHistory)
      : h('ul', { class: 'sessions' }, ...shown.map((session) => sessionItem(session, nowMs()))),
  );
};

/** Of whom the wallet shows what there is. */
type Money = Pick<Purse, 'about' | 'credit' | 'creditFailure' | 'tokens'>;

/** What the phone's own ledger has, in each currency of its tokens. */
export const creditFacts = ({ credit, tokens }: Money): readonly (readonly [string, string])[] => {
  const { words, write } = speech();
  const { available, unbilled } = words.wallet.credit;
  if (credit === undefined) return [];
  return [...new Set(tokens.map(({ currency }) => currency))].flatMap((currency) => {
    const { availableMicros, reservedMicros, spentMicros } = credit.balance(currency);
    return [
      [available, write.money(availableMicros.toString(), currency)] as const,
      [unbilled, write.money((reservedMicros + spentMicros).toString(), currency)] as const,
    ];
  });
};

/** What is left on the account, as it was told last, and what there is to spend where nobody can be asked. */
export const accountCard = (purse: Money, isOffline: boolean): HTMLElement => {
  const { about, creditFailure } = purse;
  const { words, write } = speech();
  const { wallet } = words;
  const isLow = about !== undefined && BigInt(about.means.leftMicros) < BigInt(about.means.lowMicros);
  return h(
    'section',
    { class: 'card account', 'aria-labelledby': 'step' },
    h('h1', { id: 'step', tabindex: '-1' }, wallet.title),
    h('p', { class: 'lead' }, wallet.lead),
    about === undefined
      ? undefined
      : facts([
          [
            wallet.balance,
            `${write.money(about.means.leftMicros, about.means.currency)}, ${wallet.asOf(write.day(about.atMs))}`,
          ],
          ...creditFacts(purse),
        ]),
    creditFailure === undefined
      ? undefined
      : h('p', { class: 'problem', id: 'credit-failure' }, whyOf(creditFailure)),
    isLow ? h('p', { class: 'bad', id: 'low' }, wallet.low) : undefined,
    isOffline ? h('p', { class: 'lead', id: 'no-network' }, wallet.offline) : undefined,
  );
};
