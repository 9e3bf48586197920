import { keyIdOf, signIssuerList, type IssuerKey, type IssuerList } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { tokenIssuersOf, type CarriedWords, type UtilityRecord } from '@roamgrid/wire';
import type { Registry } from '../registry/registry.ts';
import type { ChargerKeys } from './charger-keys.ts';

/** Whom chargers and phones believe, from the ledger's registry. */

const MS_PER_S = 1_000;
/** A list that says the same is made anew so often: it tells a charger how late it is at least. */
const FRESH_MS = 3_600_000;

interface MembersContext {
  readonly utilityId: string;
  readonly registry: Registry;
  readonly keys: ChargerKeys;
  readonly nowMs: () => number;
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** Members whose customers may charge here: this utility, and partners with an agreement in force. */
const served = ({ registry, utilityId }: MembersContext, nowMs: number): readonly UtilityRecord[] => {
  const partners = registry.partnersOf(utilityId, nowMs);
  return registry
    .utilities()
    .filter(({ status }) => status === 'active')
    .filter((each) => each.utilityId === utilityId || partners.has(each.utilityId))
    .sort((a, b) => (a.utilityId < b.utilityId ? -1 : 1));
};

const issuersAt = async (context: MembersContext, nowMs: number): Promise<readonly IssuerKey[]> => {
  const lists = await Promise.all(
    served(context, nowMs).map(async (utility) => {
      const issuers = await tokenIssuersOf(utility, nowMs);
      const endsS = Math.floor(utility.validUntilMs / MS_PER_S);
      return issuers.map((each) => ({ ...each, untilS: Math.min(each.untilS, endsS) }));
    }),
  );
  return lists.flat();
};

/** A signed list of whose tokens chargers believe. */
export interface SignedList {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/**
 * The list that phones carry to chargers. Its version is the block that the registry is of: it rises, whichever of the utility's gateways
 * makes it, and after the loss of a database too. What says the same is not made anew within an hour, so that phones do not bring chargers
 * what they have.
 */
export const createIssuerLists = (context: MembersContext) => {
  let last: { readonly said: string; readonly madeAtMs: number; readonly list: SignedList } | undefined;
  return async (): Promise<SignedList> => {
    const nowMs = context.nowMs();
    const issuers = await issuersAt(context, nowMs);
    const said = JSON.stringify(
      issuers.map(({ kid, fromS, untilS, revocationEpoch }) => [
        base64url(kid),
        fromS,
        untilS,
        revocationEpoch,
      ]),
    );
    if (last?.said === said && nowMs - last.madeAtMs < FRESH_MS) return last.list;
    context.keys.requireRegistered();
    const version = Math.max(context.registry.asOfBlock, (last?.list.version ?? 0) + 1);
    const list: IssuerList = { version, madeAtS: Math.floor(nowMs / MS_PER_S), issuers };
    const made = { version, bytes: await signIssuerList(list, context.keys.signer) };
    last = { said, madeAtMs: nowMs, list: made };
    return made;
  };
};

/** Members' keys that vouch for chargers, as phones believe them; earlier ones too, for certificates of their time. */
export const chargerMembers = async ({ registry }: MembersContext): Promise<CarriedWords['members']> => {
  const rows = registry
    .utilities()
    .filter(({ status }) => status === 'active')
    .flatMap(({ utilityId, validUntilMs, offlineKeys = [] }) =>
      offlineKeys.filter(({ use }) => use === 'chargers').map((key) => ({ utilityId, validUntilMs, key })),
    );
  return Promise.all(
    rows.map(async ({ utilityId, validUntilMs, key: { kty, crv, x, y, fromMs, untilMs } }) => {
      const part = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
      const kid = await keyIdOf({ x: part(x), y: part(y) }, NODE_SUITE);
      return {
        ...{ utilityId, kid: base64url(kid), key: { kty, crv, x, y } },
        fromS: Math.floor(fromMs / MS_PER_S),
        untilS: Math.floor((untilMs ?? validUntilMs) / MS_PER_S),
      };
    }),
  );
};
