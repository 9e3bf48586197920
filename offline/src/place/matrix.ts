import type { PlaceKind } from './rules.ts';

/** What is asked of who wants to start, besides that the outlet can, and that the token is what it says. */
export type Check =
  'hours' | 'driver' | 'location' | 'reservation' | 'sessions' | 'longest' | 'price' | 'balance';

const OF_ALL = ['hours', 'reservation', 'sessions', 'longest'] as const;
const PAID = ['price', 'balance'] as const;

/**
 * What is checked where, in this order. What each cell comes to is in `docs/offline/matrix.md`, every one of which is a test.
 * Spec: SECURE-6, paragraphs 75 to 95 of its source.
 */
export const CHECKED: Readonly<Record<PlaceKind, Readonly<Record<'paid' | 'free', readonly Check[]>>>> = {
  'public-all': { paid: [...OF_ALL, ...PAID], free: ['hours'] },
  'public-shared': { paid: ['location', ...OF_ALL, ...PAID], free: ['location', ...OF_ALL] },
  private: {
    paid: ['driver', 'location', 'hours', 'sessions', 'longest', ...PAID],
    free: ['driver', 'location', 'hours', 'sessions', 'longest'],
  },
};
