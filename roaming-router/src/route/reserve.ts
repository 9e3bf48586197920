import { statedWish, type BookingAnswer, type BookingQuestion } from '@roamgrid/wire';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { routerError } from '../problems.ts';
import { FAULT_CODES } from './refusals.ts';

export interface ReserveOptions {
  readonly utilityId: string;
  readonly registry: IssuerRegistry;
  readonly partners: Pick<HomeClient, 'reserve'>;
  readonly budgetMs: number;
}

/** Brings a wish of an own customer to the utility of the station. */
export const createReserve =
  ({ utilityId, registry, partners, budgetMs }: ReserveOptions) =>
  async (question: BookingQuestion): Promise<BookingAnswer> => {
    // Its signature is verified by the utility that is asked, and by the ledger.
    const parties = statedWish(question.wish);
    if (parties?.iss !== utilityId || parties.aud === utilityId)
      throw routerError('WISH_INVALID', 'the wish is none of this utility’s to another one');
    const found = await registry.issuer(parties.aud).catch(() => {
      throw routerError('LEDGER_UNAVAILABLE', 'the registry does not say where the station’s utility is');
    });
    if (!found.ok) throw routerError('ISSUER_EXPIRED', `${parties.aud} is ${found.why} in the registry`);
    try {
      return await partners.reserve(found.entry.utility, question, AbortSignal.timeout(budgetMs));
    } catch (thrown) {
      if (thrown instanceof HomeFailure) throw routerError(FAULT_CODES[thrown.fault], thrown.message);
      if (!(thrown instanceof HomeRefusal)) throw thrown;
      const { error, message, status } = thrown;
      const isLater = status >= 500 || status === 429;
      throw routerError(isLater ? 'HOME_NOT_YET' : 'WISH_INVALID', `${error}: ${message}`);
    }
  };
