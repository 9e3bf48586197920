import { facts, h } from '../../shared/dom.ts';
import { speech } from '../words/speech.ts';
import type { About, KeptToken } from './kept.ts';
import { priceText } from './review.ts';
import { offeredAt, type Booked } from './slots.ts';

/** What the wallet has: tokens with what each is good for and when, and what is left on the account. */

export interface ListView {
  readonly tokens: readonly KeptToken[];
  readonly booked: readonly Booked[];
  readonly nowMs: () => number;
}

const isReady = ({ state, untilMs }: KeptToken, { nowMs }: ListView): boolean =>
  state === 'open' && nowMs() < untilMs;

const stateOf = (token: KeptToken, view: ListView): string => {
  const { states, over } = speech().words.wallet;
  return token.state === 'open' && !isReady(token, view) ? over : states[token.state];
};

/** Why it cannot be used now, when it cannot. */
const notNow = (token: KeptToken, { booked, nowMs }: ListView): string | undefined => {
  const { words, write } = speech();
  const { from, yourSlot, slotOver } = words.wallet;
  const offered = offeredAt(token, booked, nowMs());
  if (offered.may) return undefined;
  const { why, fromMs = token.fromMs } = offered;
  return { 'not-yet': from, 'not-your-slot': yourSlot, over: () => slotOver }[why](write.day(fromMs));
};

const tokenItem = (token: KeptToken, view: ListView): HTMLElement => {
  const { words, write } = speech();
  const { tokenId, place, evseId, fromMs, untilMs, currency, price, state, energyWh, costMicros } = token;
  const what = words.wallet.upTo(write.energy(energyWh), write.money(costMicros, currency));
  const ready = isReady(token, view);
  const later = ready ? notNow(token, view) : undefined;
  return h(
    'li',
    { 'data-token': tokenId, 'data-state': ready ? 'ready' : state },
    h('span', { class: 'where' }, place.name),
    h('span', { class: `amount chip ${ready ? 'granted' : ''}` }, stateOf(token, view)),
    h('span', { class: 'lead' }, `${write.span(fromMs, untilMs)} · ${evseId}`),
    h('span', { class: 'lead' }, `${what} · ${priceText(price, currency)}`),
    later === undefined ? undefined : h('span', { class: 'lead' }, later),
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

/** What is left on the account, as it was told last. */
export const accountCard = (about: About | undefined, isOffline: boolean): HTMLElement => {
  const { words, write } = speech();
  const { wallet } = words;
  const isLow = about !== undefined && BigInt(about.means.leftMicros) < BigInt(about.means.lowMicros);
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'step' },
    h('h1', { id: 'step', tabindex: '-1' }, wallet.title),
    h('p', { class: 'lead' }, wallet.lead),
    about === undefined
      ? undefined
      : facts([
          [
            wallet.balance,
            `${write.money(about.means.leftMicros, about.means.currency)}, ${wallet.asOf(write.day(about.atMs))}`,
          ],
        ]),
    isLow ? h('p', { class: 'bad', id: 'low' }, wallet.low) : undefined,
    isOffline ? h('p', { class: 'lead', id: 'no-network' }, wallet.offline) : undefined,
  );
};
