/**
 * The difference between two channel configurations as the update that Fabric's orderers accept.
 * Spec: Fabric documentation, "Channel configuration (configtx)", configuration updates: the read set names by
 * version what the update relies on; the write set holds what it changes, each version raised by one. Adding or
 * removing a member changes the group itself, which then lists all members that stay.
 */
import { common } from '@hyperledger/fabric-protos';

const { ConfigGroup, ConfigPolicy, ConfigUpdate, ConfigValue } = common;

interface Versioned {
  getVersion(): number;
  setVersion(version: number): void;
}

/** The part of the generated map type that is used here. */
interface Members<T> {
  forEach(visit: (element: T, name: string) => void): void;
  set(name: string, element: T): unknown;
}

interface Difference<T> {
  /** Versions only. */
  readonly kept: Map<string, T>;
  /** New content, version raised. */
  readonly changed: Map<string, T>;
  readonly added: Map<string, T>;
  readonly removed: boolean;
}

function toMap<T>(members: Members<T>): Map<string, T> {
  const map = new Map<string, T>();
  members.forEach((element, name) => map.set(name, element));
  return map;
}

function put<T>(target: Members<T>, ...sources: Map<string, T>[]): void {
  for (const source of sources) for (const [name, element] of source) target.set(name, element);
}

function withVersion<T extends Versioned>(element: T, version: number): T {
  element.setVersion(version);
  return element;
}

/** Compares values or policies; `content` tells two apart regardless of their versions. */
function compare<T extends Versioned>(
  before: Members<T>,
  after: Members<T>,
  make: { empty: () => T; copy: (element: T) => T; content: (element: T) => string },
): Difference<T> {
  const [old, now] = [toMap(before), toMap(after)];
  const [kept, changed, added] = [new Map<string, T>(), new Map<string, T>(), new Map<string, T>()];
  for (const [name, element] of now) {
    const was = old.get(name);
    if (was === undefined) added.set(name, withVersion(make.copy(element), 0));
    else if (make.content(was) === make.content(element))
      kept.set(name, withVersion(make.empty(), was.getVersion()));
    else changed.set(name, withVersion(make.copy(element), was.getVersion() + 1));
  }
  return { kept, changed, added, removed: [...old.keys()].some((name) => !now.has(name)) };
}

const valueKind = {
  empty: () => new ConfigValue(),
  copy: (value: common.ConfigValue) => ConfigValue.deserializeBinary(value.serializeBinary()),
  content: (value: common.ConfigValue) => `${value.getModPolicy()} ${value.getValue_asB64()}`,
};

const policyKind = {
  empty: () => new ConfigPolicy(),
  copy: (policy: common.ConfigPolicy) => ConfigPolicy.deserializeBinary(policy.serializeBinary()),
  content: (policy: common.ConfigPolicy) =>
    `${policy.getModPolicy()} ${Buffer.from(policy.getPolicy()?.serializeBinary() ?? []).toString('base64')}`,
};

/** Everything that is new to a channel begins at version zero. */
function asNew(group: common.ConfigGroup): common.ConfigGroup {
  group.getValuesMap().forEach((value: Versioned) => value.setVersion(0));
  group.getPoliciesMap().forEach((policy: Versioned) => policy.setVersion(0));
  group.getGroupsMap().forEach(asNew);
  return withVersion(group, 0);
}

interface GroupUpdate {
  readonly read: common.ConfigGroup;
  readonly write: common.ConfigGroup;
}

/** The update of one group and all below it; undefined when nothing differs. */
function compareGroups(before: common.ConfigGroup, after: common.ConfigGroup): GroupUpdate | undefined {
  const values = compare(before.getValuesMap(), after.getValuesMap(), valueKind);
  const policies = compare(before.getPoliciesMap(), after.getPoliciesMap(), policyKind);
  const [old, now] = [
    toMap<common.ConfigGroup>(before.getGroupsMap()),
    toMap<common.ConfigGroup>(after.getGroupsMap()),
  ];
  const kept = new Map<string, common.ConfigGroup>();
  const added = new Map<string, common.ConfigGroup>();
  const changed = new Map<string, GroupUpdate>();
  for (const [name, group] of now) {
    const was = old.get(name);
    const update = was === undefined ? undefined : compareGroups(was, group);
    if (was === undefined) added.set(name, asNew(ConfigGroup.deserializeBinary(group.serializeBinary())));
    else if (update === undefined) kept.set(name, withVersion(new ConfigGroup(), was.getVersion()));
    else changed.set(name, update);
  }
  const membership =
    [values, policies].some((difference) => difference.removed || difference.added.size > 0) ||
    added.size > 0 ||
    [...old.keys()].some((name) => !now.has(name)) ||
    before.getModPolicy() !== after.getModPolicy();
  if (!membership && values.changed.size + policies.changed.size + changed.size === 0) return undefined;

  const read = withVersion(new ConfigGroup(), before.getVersion());
  const write = withVersion(new ConfigGroup(), before.getVersion() + (membership ? 1 : 0));
  put(write.getValuesMap(), values.changed, values.added);
  put(write.getPoliciesMap(), policies.changed, policies.added);
  put(write.getGroupsMap(), added);
  for (const [name, update] of changed) {
    read.getGroupsMap().set(name, update.read);
    write.getGroupsMap().set(name, update.write);
  }
  if (membership) {
    write.setModPolicy(after.getModPolicy());
    for (const side of [read, write]) {
      put(side.getValuesMap(), values.kept);
      put(side.getPoliciesMap(), policies.kept);
      put(side.getGroupsMap(), kept);
    }
  }
  return { read, write };
}

/** The update that turns `before` into `after`; undefined when they are the same. */
export function computeUpdate(
  channel: string,
  before: common.ConfigGroup,
  after: common.ConfigGroup,
): common.ConfigUpdate | undefined {
  const difference = compareGroups(before, after);
  if (difference === undefined) return undefined;
  const update = new ConfigUpdate();
  update.setChannelId(channel);
  update.setReadSet(difference.read);
  update.setWriteSet(difference.write);
  return update;
}
