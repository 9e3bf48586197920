import type { Problem } from '@roamgrid/wire';
import { SaidByPage } from '../shared/load.ts';
import type { Ask } from './sign-in.ts';

/** What the page asks of the driver's own utility, and how it fails in the page's words. */

/** What can go wrong whatever is asked. */
export type CommonTrouble = 'UNAVAILABLE' | 'UNAUTHENTICATED' | 'NO_ANSWER';

/** Nobody is signed in any more. */
export class SignedOut extends SaidByPage {
  override readonly name = 'SignedOut';
}

/** It was refused for a reason that the page has words for. */
export class Troubled<C extends string> extends SaidByPage {
  override readonly name = 'Troubled';
  readonly code: C;
  constructor(code: C, words: () => string) {
    super(words);
    this.code = code;
  }
}

/**
 * Asks, and gives what was answered. `words` has all troubles in the present language.
 * @throws Troubled where the page has words; SignedOut when the sign-in is over; Error with what the utility says otherwise
 */
export const askerWith =
  <C extends string>(words: () => Readonly<Record<C | CommonTrouble, string>>) =>
  async <T>(ask: Ask, ...told: Parameters<Ask>): Promise<T> => {
    const troubled = (code: C | CommonTrouble) => new Troubled(code, () => words()[code]);
    const isKnown = (code: string): code is C => Object.hasOwn(words(), code);
    const over = () => new SignedOut(() => words().UNAUTHENTICATED);
    let response: Response;
    try {
      response = await ask(...told);
    } catch (cause) {
      // A challenge is thrown, too. Spec: RFC 9110 §11.6.1.
      if (cause instanceof Error && cause.name === 'WWWAuthenticateChallengeError') throw over();
      throw troubled('NO_ANSWER');
    }
    if (response.status === 401) throw over();
    if (response.status === 204) return undefined as T;
    if (response.ok) return (await response.json()) as T;
    const { code = '', detail = '' } = (await response.json().catch(() => ({}))) as Partial<Problem>;
    if (isKnown(code)) throw troubled(code);
    throw detail === '' ? troubled('UNAVAILABLE') : new Error(detail);
  };
