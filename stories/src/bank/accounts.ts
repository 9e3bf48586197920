import { accountHolder, type AccountHolder } from '@roamgrid/bank';
import type { RunningUtility } from '../system/utility.ts';

/** Invented accounts at one bank; numbers that no bank gave. */
const holderOf = (name: string, at: number): AccountHolder =>
  accountHolder.parse({
    name,
    account: { number: `${at + 1}`.padStart(12, '0') },
    agent: { clearingSystem: 'USABA', memberId: '999999992' },
  });

/** The account of an infrastructure provider, which has no desk. */
export const providerHolder = (providerId: string, at: number): AccountHolder =>
  holderOf(providerId, 1_000 + at);

/** What each holds at the beginning, in the currency's smallest units. */
export const OPENING = 100_000_000_000n;

/** A utility with its account at the bank. */
export interface Member {
  readonly utilityId: string;
  readonly holder: AccountHolder;
  readonly dialect: 'old' | 'new';
}

/** An account for each; every other one's bank messages are of the old versions. */
export const membersOf = (utilities: readonly RunningUtility[]): readonly Member[] =>
  utilities.map(({ definition: { utilityId, name } }, at) => ({
    utilityId,
    holder: holderOf(name, at),
    dialect: at % 2 === 0 ? 'old' : 'new',
  }));

/** Accounts of the others, by utility. */
export const othersOf = (members: readonly Member[], utilityId: string): ReadonlyMap<string, AccountHolder> =>
  new Map(
    members
      .filter((other) => other.utilityId !== utilityId)
      .map((other) => [other.utilityId, other.holder] as const),
  );
