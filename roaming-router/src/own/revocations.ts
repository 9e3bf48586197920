import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { HomeClient } from '../home/client.ts';
import type { OwnAaa } from './aaa.ts';

export interface RevocationOptions {
  readonly own: OwnAaa;
  readonly home: HomeClient;
  readonly registry: IssuerRegistry;
  readonly budgetMs: number;
  readonly log: Logger;
}

/** Pages read of one home in one round. */
const MAX_PAGES = 50;

/** One round of reading what homes revoked, for the own AAA node to forget. One silent home does not hold up the others. */
export const createRevocationReader = ({ own, home, registry, budgetMs, log }: RevocationOptions) => {
  const readHome = async (hun: string, from: string): Promise<void> => {
    const found = await registry.issuer(hun);
    if (!found.ok) return;
    let cursor = from;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const read = await home.revocations(found.entry.utility, cursor, AbortSignal.timeout(budgetMs));
      const kept = await own.revoke({ hun, ...read });
      if (!kept.ok || read.revocations.length === 0) return;
      cursor = read.cursor;
    }
  };
  return async (): Promise<void> => {
    const homes = await own.homes();
    if (!homes.ok) {
      log.warn({ failure: homes.failure.kind }, 'the own AAA node does not say whose revocations to read');
      return;
    }
    const read = await Promise.allSettled(homes.value.homes.map(({ hun, cursor }) => readHome(hun, cursor)));
    for (const result of read) {
      if (result.status === 'rejected')
        log.warn({ err: result.reason as unknown }, 'a home’s revocations were not read');
    }
  };
};
