import { concat } from '../bytes.ts';
import { isA, type Identities, type Identity } from '../fabric/identity.ts';
import type { Policies, Policy } from '../fabric/policy.ts';
import { isSummaryOf } from '../fabric/range-summary.ts';
import type { NamespaceSet, Read } from '../fabric/rwset.ts';
import { ENDORSED, type Transaction } from '../fabric/transaction.ts';
import type { Primitives } from '../primitives.ts';
import type { Definitions } from './definitions.ts';
import type { Keys, World } from './world.ts';

/**
 * What each transaction of a block counts for: the codes that peers found, found again. Spec: Fabric
 * `core/committer/txvalidator/v20`, `core/ledger/kvledger/txmgmt/validation`.
 */

export const CODE = {
  valid: 0,
  creator: 4,
  duplicate: 9,
  endorsement: 10,
  conflict: 11,
  phantom: 12,
} as const;

/** It counts for nothing, for a reason that peers have several codes for. */
export const UNSOUND = -1;

/** Rules that are in force for a block. */
export interface Rules {
  readonly channel: string;
  readonly members: Identities;
  readonly policies: Policies;
  readonly definitions: Definitions;
}

/** A transaction with what its signatures say; nothing when its bytes are none. */
export interface Judged {
  readonly transaction: Transaction;
  readonly code: number;
  /** Peers whose endorsement is good, each once. */
  readonly endorsers: readonly Identity[];
}

const endorsersOf = async (
  { response, endorsements }: Transaction,
  members: Identities,
): Promise<readonly Identity[]> => {
  const found = new Map<string, Identity>();
  for (const { endorser, signature } of endorsements) {
    const identity = await members.signer(endorser, signature, concat(response, endorser));
    if (identity !== undefined && !found.has(identity.id)) found.set(identity.id, identity);
  }
  return [...found.values()];
};

const isWriting = ({ writes, policies, collections }: NamespaceSet): boolean =>
  writes.length + policies.length > 0 ||
  collections.some((each) => each.writes.length + each.policies.length > 0);

/** Keys whose rule a transaction before in the block changed: what else changes them must be told again. */
export type Moved = Set<string>;

const idOf = (namespace: string, collection: string, key: string): string =>
  [namespace, collection, key].join('\u0000');

interface Place {
  readonly namespace: string;
  readonly collection: string;
  readonly key: string;
}

const placesOf = (set: NamespaceSet): readonly Place[] => {
  const { namespace } = set;
  const own = [...set.writes, ...set.policies].map(({ key }) => ({ namespace, collection: '', key }));
  const others = set.collections.flatMap(({ collection, writes, policies }) =>
    [...writes, ...policies].map(({ key }) => ({ namespace, collection, key })),
  );
  return [...own, ...others];
};

/** Whether those who endorsed were enough for everything that one chaincode's set writes. */
const isEnough = (
  set: NamespaceSet | undefined,
  own: Policy,
  world: World,
  { definitions, policies }: Rules,
  endorsers: readonly Identity[],
  moved: Moved,
): boolean => {
  const places = set === undefined ? [] : placesOf(set);
  const met = new Map<Policy, boolean>();
  const holds = (policy: Policy): boolean => {
    const known = met.get(policy) ?? policy(endorsers);
    met.set(policy, known);
    return known;
  };
  if (places.length === 0) return holds(own);
  return places.every(({ namespace, collection, key }) => {
    if (moved.size > 0 && moved.has(idOf(namespace, collection, key))) return false;
    const rule = world.of(namespace, collection).committed(key)?.policy;
    if (rule !== undefined) return holds(policies.ofKey(rule));
    if (collection === '') return holds(own);
    const ofCollection = definitions.collectionPolicyOf(namespace, collection);
    return ofCollection !== undefined && holds(ofCollection);
  });
};

const endorsementCode = (
  transaction: Transaction,
  world: World,
  rules: Rules,
  endorsers: readonly Identity[],
  moved: Moved,
): number => {
  const { chaincode, sets } = transaction;
  const names = new Set([chaincode, ...sets.filter(isWriting).map(({ namespace }) => namespace)]);
  if (new Set(sets.map(({ namespace }) => namespace)).size !== sets.length) return UNSOUND;
  for (const name of names) {
    const own = rules.definitions.policyOf(name);
    if (own === undefined) return UNSOUND;
    const set = sets.find(({ namespace }) => namespace === name);
    if (!isEnough(set, own, world, rules, endorsers, moved)) return CODE.endorsement;
    for (const { policies, collections } of set === undefined ? [] : [set]) {
      for (const { key } of policies) moved.add(idOf(name, '', key));
      for (const each of collections)
        for (const { key } of each.policies) moved.add(idOf(name, each.collection, key));
    }
  }
  return CODE.valid;
};

/** A transaction by itself: its form, its maker, its endorsers, whether its id is new. */
export const judgeAlone = async (
  transaction: Transaction,
  world: World,
  rules: Rules,
  isKnown: (id: string) => boolean,
  moved: Moved,
): Promise<Judged> => {
  const { creator, payload, signature, type, channel, isWhole, chaincode, asked, id } = transaction;
  const nobody = { transaction, endorsers: [] };
  if (type !== ENDORSED || !isWhole) return { ...nobody, code: UNSOUND };
  const maker = await rules.members.signer(creator, signature, payload);
  if (maker === undefined) return { ...nobody, code: CODE.creator };
  if (channel !== rules.channel || chaincode === '' || chaincode !== asked)
    return { ...nobody, code: UNSOUND };
  if (isKnown(id)) return { ...nobody, code: CODE.duplicate };
  const endorsers = await endorsersOf(transaction, rules.members);
  const code = endorsementCode(transaction, world, rules, endorsers, moved);
  return { transaction, code, endorsers: endorsers.filter((each) => isA(each, 'peer')) };
};

const isVersion = (keys: Keys, { key, version }: Read): boolean => {
  const now = keys.committed(key)?.version;
  return now?.block === version?.block && now?.tx === version?.tx;
};

const isUnmoved = (keys: Keys, reads: readonly Read[]): boolean =>
  reads.every((read) => !keys.isChanged(read.key) && isVersion(keys, read));

const isRange = (
  primitives: Primitives,
  keys: Keys,
  { from, until, isExhausted, reads, summary }: NamespaceSet['ranges'][number],
): boolean => {
  const found = [...keys.range(from, until, !isExhausted)].map(([key, { version }]) => ({ key, version }));
  if (summary !== undefined) return isSummaryOf(primitives, summary, found);
  return (
    found.length === reads.length &&
    found.every(({ key, version }, at) => {
      const read = reads[at];
      return read?.key === key && read.version?.block === version.block && read.version.tx === version.tx;
    })
  );
};

/** Whether everything that was read is still what it was, after the transactions of the block so far. */
export const readsCode = (primitives: Primitives, sets: readonly NamespaceSet[], world: World): number => {
  for (const { namespace, reads, ranges, collections } of sets) {
    const keys = world.of(namespace);
    if (!isUnmoved(keys, reads)) return CODE.conflict;
    if (!ranges.every((range) => isRange(primitives, keys, range))) return CODE.phantom;
    if (!collections.every((each) => isUnmoved(world.of(namespace, each.collection), each.reads)))
      return CODE.conflict;
  }
  return CODE.valid;
};
