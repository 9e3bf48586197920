import { parseSessionId, type TakeBackRequest } from '@roamgrid/wire';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import { HomeFailure, HomeRefusal } from '../home/failure.ts';
import { routerError } from '../problems.ts';
import { FAULT_CODES } from './refusals.ts';

export interface TakeBackOptions {
  readonly utilityId: string;
  readonly registry: IssuerRegistry;
  readonly home: Pick<HomeClient, 'takeBack'>;
  readonly budgetMs: number;
}

/** What home says as long as it has not read the record, or reviews it. */
const NOT_YET: ReadonlySet<string> = new Set(['RECORD_UNKNOWN', 'DISPUTE_NOT_YET']);

/** Tells home that the own utility takes a record back; whoever asks keeps it until home has it. */
export const createTakeBack =
  ({ utilityId, registry, home, budgetMs }: TakeBackOptions) =>
  async (sessionId: string, request: TakeBackRequest): Promise<void> => {
    const name = parseSessionId(sessionId);
    if (!name.ok || name.value.vun !== utilityId)
      throw routerError('TAKE_BACK_REFUSED', 'the session is of another utility’s station');
    const found = await registry.issuer(name.value.hun).catch(() => {
      throw routerError('LEDGER_UNAVAILABLE', 'the registry does not say where home is');
    });
    if (!found.ok) throw routerError('ISSUER_EXPIRED', `${name.value.hun} is ${found.why} in the registry`);
    try {
      await home.takeBack(found.entry.utility, sessionId, request, AbortSignal.timeout(budgetMs));
    } catch (thrown) {
      if (thrown instanceof HomeFailure) throw routerError(FAULT_CODES[thrown.fault], thrown.message);
      if (!(thrown instanceof HomeRefusal)) throw thrown;
      const { error, message, status } = thrown;
      const isLater = status >= 500 || status === 429 || NOT_YET.has(error);
      throw routerError(isLater ? 'HOME_NOT_YET' : 'TAKE_BACK_REFUSED', `${error}: ${message}`);
    }
  };
