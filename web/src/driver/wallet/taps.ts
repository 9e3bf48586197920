import { LinkLost } from '@roamgrid/offline';
import { h } from '../../shared/dom.ts';
import { SaidByPage, whyOf } from '../../shared/load.ts';
import { speech } from '../words/speech.ts';
import { wishOf } from './hold.ts';
import type { KeptSession, KeptToken } from './kept.ts';
import { offeredAt, type Booked } from './slots.ts';
import { reasonOf } from './tap-reasons.ts';
import type { Tapped, Wish } from './tap.ts';

/** The buttons of a token: tap to start, tap to stop, and taking a record along. */

/** Why it did not come as wished, to be shown; undefined when it did. */
export const whyNot = (tapped: Tapped): Error | undefined => {
  if (tapped.said === 'done') return undefined;
  return new SaidByPage(() => {
    const { reasons } = speech().words.wallet.tap;
    return reasons[reasonOf(tapped, reasons)];
  });
};

/** What is told of a contact that broke. */
export const brokenBy = (error: unknown): unknown =>
  error instanceof LinkLost ? new SaidByPage(() => speech().words.wallet.tap.lost) : error;

/** What is under way with a token, or went wrong with it last. */
export interface Tapping {
  readonly tokenId: string;
  readonly isHolding: boolean;
  readonly failure?: unknown;
}

export interface TapsView {
  readonly sessions: readonly KeptSession[];
  readonly booked: readonly Booked[];
  readonly tapping: Tapping | undefined;
  readonly hasRadio: boolean;
  readonly nowMs: () => number;
  readonly tap: (token: KeptToken, wish: Wish) => void;
}

export const tokenButtonId = (tokenId: string): string => `tap-${tokenId}`;

/** What is offered, as far as it depends on what time it is: when that has changed, the page is shown anew. */
export const offeredNow = (
  tokens: readonly KeptToken[],
  view: Pick<TapsView, 'sessions' | 'booked' | 'nowMs'>,
): string =>
  tokens
    .map((token) => {
      const nowMs = view.nowMs();
      return `${wishOf(token, view.sessions, nowMs)} ${offeredAt(token, view.booked, nowMs).may}`;
    })
    .join();

/** The buttons of a token, and what there is to say of it. */
export const tapSteps = (token: KeptToken, view: TapsView): readonly HTMLElement[] => {
  const { words, write } = speech();
  const { tap } = words.wallet;
  const { tapping, booked, hasRadio, nowMs } = view;
  const wish = wishOf(token, view.sessions, nowMs());
  if (wish === undefined) return [];
  const said = (text: string) => [h('span', { class: 'lead' }, text)];
  const offered = offeredAt(token, booked, nowMs());
  // A record may be taken along whenever the phone is there.
  if (wish !== 'collect' && !offered.may) {
    const { why, fromMs = token.fromMs } = offered;
    const text = { 'not-yet': tap.from, 'not-your-slot': tap.yourSlot, over: () => tap.slotOver }[why];
    return said(text(write.day(fromMs)));
  }
  if (!hasRadio) return said(tap.noRadio);
  const own = tapping?.tokenId === token.tokenId ? tapping : undefined;
  const button = h(
    'button',
    {
      ...{ type: 'button', id: tokenButtonId(token.tokenId), class: wish === 'collect' ? '' : 'primary' },
      'aria-disabled': String(tapping?.isHolding === true),
      'aria-label': `${tap[wish]}: ${token.place.name}`,
      onclick: () => {
        if (tapping?.isHolding !== true) view.tap(token, wish);
      },
    },
    own?.isHolding === true ? tap.holding : tap[wish],
  );
  const failure = own?.failure;
  return [
    h('p', { class: 'problem', role: 'alert' }, ...(failure === undefined ? [] : [whyOf(failure)])),
    button,
  ];
};
