import { SaidByPage } from '../../shared/load.ts';
import { speech } from '../words/speech.ts';
import { isRunning, leftOf, type KeptSession, type KeptToken } from './kept.ts';
import { phoneKey } from './phone-key.ts';
import type { Purse } from './purse.ts';
import type { Radio } from './radio/radio.ts';
import { tap, type Tapped, type Wish } from './tap.ts';

/** Holding this phone to the charger of a token. */

/** What can be wished of a charger by a token now. */
export const wishOf = (
  token: KeptToken,
  sessions: readonly KeptSession[],
  nowMs: number,
): Wish | undefined => {
  const own = sessions.filter(({ tokenId }) => tokenId === token.tokenId);
  if (own.some((session) => isRunning(session, nowMs))) return 'stop';
  if (token.state === 'open' && leftOf(token, sessions).sessions > 0 && nowMs < token.untilMs) return 'start';
  return own.some(({ record }) => record === 'charger') ? 'collect' : undefined;
};

/** Where it is held: by which radio, and how the charger's utility is reached, where the phone has a network. */
export interface There {
  readonly radio: Radio;
  readonly gatewayUrl: string | undefined;
}

/** Holds the phone to a token's charger, with what the purse has. @throws LinkLost when it is taken away; Error with what the phone lacks */
export const holdFor = async (
  purse: Purse,
  token: KeptToken,
  wish: Wish,
  { radio, gatewayUrl }: There,
): Promise<Tapped> => {
  const { store, sessions, credit, creditFailure, nowMs } = purse;
  if (credit === undefined) throw creditFailure ?? new Error('this phone has no key');
  const carried = await store.find('loads', token.evseId);
  if (carried === undefined) throw new SaidByPage(() => speech().words.wallet.tap.unheard);
  const key = await phoneKey(store, token.owner);
  return tap({ store, radio, token, key, carried, gatewayUrl, sessions, credit, nowMs }, wish);
};
