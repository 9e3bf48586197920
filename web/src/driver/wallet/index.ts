/** What a wallet is without its page: whoever has no browser lives with it as a phone does. */
export { carry } from './carry.ts';
export { holdFor, wishOf } from './hold.ts';
export type { KeptToken } from './kept.ts';
export { nearest, type Kind } from './plan.ts';
export { Purse, type PhoneParts } from './purse.ts';
export { simulatedRadio } from './radio/simulated.ts';
export { offeredAt } from './slots.ts';
export { ID, type Kept, type Shelf, type WalletStore } from './store.ts';
export type { Tapped, Wish } from './tap.ts';
export { askedFor, firstDraft, startsOf, type Draft } from './wish.ts';
