import { accountHolder, providerPayee, type AccountHolder, type BankCustomer } from '@roamgrid/bank';
import { providerOf } from '../system/register.ts';
import type { RunningUtility } from '../system/utility.ts';

/** Invented accounts at one bank; numbers that no bank gave. */
const holderOf = (name: string, at: number): AccountHolder =>
  accountHolder.parse({
    name,
    account: { number: `${at + 1}`.padStart(12, '0') },
    agent: { clearingSystem: 'USABA', memberId: '999999992' },
  });

/** What each holds at the beginning, in the currency's smallest units. */
const OPENING = 100_000_000_000n;

/** A utility with its account at the bank. */
export interface Member {
  readonly utilityId: string;
  readonly holder: AccountHolder;
  /** Who owns its stations. */
  readonly provider: AccountHolder;
  readonly dialect: 'old' | 'new';
}

/** An account for each; every other one's bank messages are of the old versions. */
export const membersOf = (utilities: readonly RunningUtility[]): readonly Member[] =>
  utilities.map(({ definition: { utilityId, name } }, at) => ({
    utilityId,
    holder: holderOf(name, at),
    provider: holderOf(providerOf(utilityId), 1_000 + at),
    dialect: at % 2 === 0 ? 'old' : 'new',
  }));

/** Accounts that a utility pays to: those of the others, and of who owns its stations, who has no desk. */
export const payeesOf = (members: readonly Member[], utilityId: string): ReadonlyMap<string, AccountHolder> =>
  new Map(
    members.map((member) =>
      member.utilityId === utilityId
        ? [providerPayee(providerOf(utilityId)), member.provider]
        : [member.utilityId, member.holder],
    ),
  );

/** All of these and their providers, as customers of one bank. */
export const customersOf = (members: readonly Member[], currency: string): readonly BankCustomer[] =>
  members.flatMap(({ holder, provider, dialect }) =>
    [holder, provider].map(({ name, account }) => ({ name, account, currency, opening: OPENING, dialect })),
  );
