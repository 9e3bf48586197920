import { divide } from '@roamgrid/domain';
import { keyIdOf, NODE_VERIFIER, type IssuerKey } from '@roamgrid/offline/judged';
import type { UtilityRecord } from './consortium.ts';
import { LEDGER_LIMITS } from './envelope.ts';

/** Whose offline tokens are believed, by the registry. */

const MS_PER_S = 1_000n;
const SKEW_MS = LEDGER_LIMITS.clockSkewMs;
/** The last second of the wire. */
const NEVER_S = 7_258_118_400;

/** The whole second in which an instant lies: tokens and chargers know no parts of one. */
export const secondsOf = (atMs: number): number => Number(divide(BigInt(atMs), MS_PER_S, 'floor'));

/** The epoch of a utility's tokens at an instant: those of earlier ones are taken back. */
export const tokenEpochAt = (
  { tokenEpochs = [] }: Pick<UtilityRecord, 'tokenEpochs'>,
  atMs: number,
): number => tokenEpochs.filter(({ fromMs }) => fromMs <= atMs).at(-1)?.epoch ?? 0;

const bytes = (coordinate: string): Uint8Array => new Uint8Array(Buffer.from(coordinate, 'base64url'));

/** A utility's keys for tokens as their judges have them, with allowance for its clock, and its epoch as of an instant. */
export const tokenIssuersOf = (
  utility: Pick<UtilityRecord, 'utilityId' | 'offlineKeys' | 'tokenEpochs'>,
  epochAtMs: number,
): Promise<readonly IssuerKey[]> =>
  Promise.all(
    (utility.offlineKeys ?? [])
      .filter(({ use }) => use === 'tokens')
      .map(async ({ x, y, fromMs, untilMs }) => {
        const key = { x: bytes(x), y: bytes(y) };
        return {
          utilityId: utility.utilityId,
          kid: await keyIdOf(key, NODE_VERIFIER),
          key,
          fromS: secondsOf(Math.max(0, fromMs - SKEW_MS)),
          untilS: untilMs === undefined ? NEVER_S : secondsOf(untilMs + SKEW_MS) + 1,
          revocationEpoch: tokenEpochAt(utility, epochAtMs),
        };
      }),
  );
