import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { Home } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { routerError } from '../problems.ts';
import { FAULT_CODES } from './refusals.ts';

export interface AskPartnerOptions {
  readonly utilityId: string;
  readonly registry: IssuerRegistry;
  readonly budgetMs: number;
}

/** What is brought: between whom by what it says itself, how, and the code for what cannot be brought. */
export interface Brought<T> {
  readonly parties: { readonly iss: string; readonly aud: string } | undefined;
  readonly invalid: 'WISH_INVALID' | 'ASK_INVALID';
  readonly bring: (partner: Home, signal: AbortSignal) => Promise<T>;
}

/** Brings what the own utility signed for another one there; its signature is verified by the utility that is asked. */
export const createAskPartner =
  ({ utilityId, registry, budgetMs }: AskPartnerOptions) =>
  async <T>({ parties, invalid, bring }: Brought<T>): Promise<T> => {
    if (parties?.iss !== utilityId || parties.aud === utilityId)
      throw routerError(invalid, 'it is nothing that this utility asks of another one');
    const found = await registry.issuer(parties.aud).catch(() => {
      throw routerError('LEDGER_UNAVAILABLE', 'the registry does not say where the station’s utility is');
    });
    if (!found.ok) throw routerError('ISSUER_EXPIRED', `${parties.aud} is ${found.why} in the registry`);
    try {
      return await bring(found.entry.utility, AbortSignal.timeout(budgetMs));
    } catch (thrown) {
      if (thrown instanceof HomeFailure) throw routerError(FAULT_CODES[thrown.fault], thrown.message);
      if (!(thrown instanceof HomeRefusal)) throw thrown;
      const { error, message, status } = thrown;
      const isLater = status >= 500 || status === 429;
      throw routerError(isLater ? 'HOME_NOT_YET' : invalid, `${error}: ${message}`);
    }
  };

export type AskPartner = ReturnType<typeof createAskPartner>;
