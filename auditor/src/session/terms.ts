import type { Json, JsonObject } from '../json.ts';
import { readable } from '../failure.ts';
import { amount, list, object, perhaps, text, whole } from '../shape.ts';

/** What two utilities agreed, as far as a session is judged by it. */

export interface Shares {
  readonly hun: bigint;
  readonly vun: bigint;
  readonly infrastructure: bigint;
  readonly driver: bigint;
}

export interface GridRule {
  readonly version: number;
  readonly sources: readonly { readonly utilityId: string; readonly areaId: string }[];
  readonly capacityW: bigint;
  readonly intervalMs: number;
  readonly bands: readonly { readonly fromRatioPpm: bigint; readonly movePpm: bigint }[];
  readonly tolerancePpm: bigint;
  readonly minW: bigint;
  readonly maxW: bigint;
  readonly maxChangePpm: bigint;
  readonly maxAgeMs: number;
  readonly upPpm: bigint;
  readonly downPpm: bigint;
}

export interface Terms {
  readonly agreementId: string;
  readonly parties: readonly string[];
  readonly currency: string;
  readonly floorMicrosPerKWh: bigint;
  readonly ceilingMicrosPerKWh: bigint;
  readonly shares: Shares;
  /** By loyalty level, the range of what may be adjusted. */
  readonly adjustment: Readonly<Record<string, { readonly minPpm: bigint; readonly maxPpm: bigint }>>;
  readonly maxSessionMicros: bigint;
  readonly exposureLimitMicros: bigint;
  readonly profileLifetimeMs: number;
  readonly cdrBoundMs: number;
  readonly revocationGraceMs: number;
  readonly grid: GridRule | undefined;
}

export const readShares = (value: Json | undefined, what: string): Shares => {
  const { hun, vun, infrastructure, driver } = object(value, what);
  return {
    hun: amount(hun, what),
    vun: amount(vun, what),
    infrastructure: amount(infrastructure, what),
    driver: amount(driver, what),
  };
};

const readGridRule = (value: Json): GridRule => {
  const rule = object(value, 'the rule for grid demand');
  const plausible = object(rule['plausible'], 'what demand is plausible');
  const driver = object(rule['driver'], 'the driver’s part');
  return {
    version: whole(rule['version'], 'the rule’s version'),
    sources: list(rule['sources'], 'sources').map((each) => {
      const { utilityId, areaId } = object(each, 'a source');
      return { utilityId: text(utilityId, 'a source'), areaId: text(areaId, 'a source') };
    }),
    capacityW: amount(rule['capacityW'], 'the capacity'),
    intervalMs: whole(rule['intervalMs'], 'the interval'),
    bands: list(rule['bands'], 'bands').map((each) => {
      const { fromRatioPpm, movePpm } = object(each, 'a band');
      return { fromRatioPpm: amount(fromRatioPpm, 'a band'), movePpm: amount(movePpm, 'a band') };
    }),
    tolerancePpm: amount(rule['tolerancePpm'], 'the tolerance'),
    minW: amount(plausible['minW'], 'the least demand'),
    maxW: amount(plausible['maxW'], 'the greatest demand'),
    maxChangePpm: amount(plausible['maxChangePpm'], 'the greatest change'),
    maxAgeMs: whole(rule['maxAgeMs'], 'the greatest age'),
    upPpm: amount(driver['upPpm'], 'the driver’s part'),
    downPpm: amount(driver['downPpm'], 'the driver’s part'),
  };
};

const LEVELS = ['none', 'gold', 'diamond', 'platinum'];

/** @throws Unreadable */
export const readTerms = (value: Json): Terms => {
  const terms: JsonObject = object(value, 'the terms');
  const adjustment = object(terms['adjustment'], 'the adjustment');
  const amountOf = (name: string): bigint => amount(terms[name], name);
  const shares = readShares(terms['shares'], 'the shares');
  const sum = shares.hun + shares.vun + shares.infrastructure + shares.driver;
  readable(sum === 1_000_000n, 'the shares of the terms are not a whole');
  return {
    agreementId: text(terms['agreementId'], 'agreementId'),
    parties: list(terms['parties'], 'parties').map((each) => text(each, 'a party')),
    currency: text(terms['currency'], 'currency'),
    floorMicrosPerKWh: amountOf('floorMicrosPerKWh'),
    ceilingMicrosPerKWh: amountOf('ceilingMicrosPerKWh'),
    shares,
    adjustment: Object.fromEntries(
      LEVELS.map((level) => {
        const { minPpm, maxPpm } = object(adjustment[level], level);
        return [level, { minPpm: amount(minPpm, level), maxPpm: amount(maxPpm, level) }];
      }),
    ),
    maxSessionMicros: amountOf('maxSessionMicros'),
    exposureLimitMicros: amountOf('exposureLimitMicros'),
    profileLifetimeMs: whole(terms['profileLifetimeMs'], 'profileLifetimeMs'),
    cdrBoundMs: whole(terms['cdrBoundMs'], 'cdrBoundMs'),
    revocationGraceMs: whole(terms['revocationGraceMs'], 'revocationGraceMs'),
    grid: perhaps(terms['adaptation'], 'adaptation', readGridRule),
  };
};
