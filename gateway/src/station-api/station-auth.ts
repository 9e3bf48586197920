import { assertionAuth, type Auth } from '@roamgrid/service-kit';
import { presentKeys, type AssertionClaims } from '@roamgrid/wire';
import type { StationContext } from './context.ts';

/** A station proves itself with the key that the ledger has of it. */
export const stationAuth = (
  { registry, utilityId }: Pick<StationContext, 'registry' | 'utilityId'>,
  audiences: () => readonly string[],
): Auth<AssertionClaims> =>
  assertionAuth({
    audiences,
    roles: ['station'],
    resolveKey: ({ iss, utility, role }, kid) => {
      const station =
        utility === utilityId && role === 'station' ? registry.station(utilityId, iss) : undefined;
      return presentKeys(station?.signingKeys ?? []).find((key) => kid === undefined || key.kid === kid);
    },
  });
