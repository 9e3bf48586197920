import type { AssertionClaims } from '@roamgrid/wire';
import { assertionAuth } from '../auth/bearer.ts';
import type { ReplayGuard } from '../auth/replay-cache.ts';
import type { Auth } from '../http/route.ts';
import type { TrustedCaller } from './config.ts';

/** Authentication for some roles of the own utility. */
export type Trust = (...roles: AssertionClaims['role'][]) => Auth<AssertionClaims>;

/** Takes assertions of the own utility's machines and people: each key is good for one name in one role. */
export const createTrust = (
  utilityId: string,
  trusted: readonly TrustedCaller[],
  audiences: () => readonly string[],
  /** One for all: an assertion that served at one door cannot serve at another. */
  replay: ReplayGuard,
): Trust => {
  return (...roles) =>
    assertionAuth({
      audiences,
      roles,
      replay,
      resolveKey: ({ iss, utility, role }, kid) =>
        trusted.find(
          (known) =>
            utility === utilityId &&
            known.iss === iss &&
            known.role === role &&
            (kid === undefined || known.key.kid === kid),
        )?.key,
    });
};
