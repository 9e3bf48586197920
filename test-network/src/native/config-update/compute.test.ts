import assert from 'node:assert/strict';
import { common } from '@hyperledger/fabric-protos';
import { computeUpdate } from './compute.ts';

/** A group of versioned members; a child's third part is its own tree. */
interface Tree {
  version: number;
  values?: Record<string, [version: number, content: string]>;
  groups?: Record<string, Tree>;
  modPolicy?: string;
}

function group({ version, values = {}, groups = {}, modPolicy = 'Admins' }: Tree): common.ConfigGroup {
  const built = new common.ConfigGroup();
  built.setVersion(version);
  built.setModPolicy(modPolicy);
  for (const [name, [valueVersion, content]] of Object.entries(values)) {
    const value = new common.ConfigValue();
    value.setVersion(valueVersion);
    value.setValue(Buffer.from(content));
    value.setModPolicy('Admins');
    built.getValuesMap().set(name, value);
  }
  for (const [name, tree] of Object.entries(groups)) built.getGroupsMap().set(name, group(tree));
  return built;
}

/** What a set says, a line each: path, version, and content if it has any. */
function lines(set: common.ConfigGroup | undefined, path = ''): string[] {
  if (set === undefined) return [];
  const found = [`${path}/ ${set.getVersion()} ${set.getModPolicy()}`.trim()];
  set.getValuesMap().forEach((value: common.ConfigValue, name: string) => {
    found.push(
      `${path}/${name} ${value.getVersion()} ${Buffer.from(value.getValue_asU8()).toString()}`.trim(),
    );
  });
  set.getGroupsMap().forEach((child: common.ConfigGroup, name: string) => {
    found.push(...lines(child, `${path}/${name}`));
  });
  return found;
}

const base: Tree = {
  version: 1,
  values: { Capabilities: [0, 'V2'] },
  groups: {
    Application: {
      version: 3,
      values: { ACLs: [2, 'acl'] },
      groups: { A: { version: 5, values: { MSP: [4, 'a'] } } },
    },
    Orderer: { version: 7, values: { BatchTimeout: [1, '2s'] } },
  },
};

describe('a configuration update', () => {
  it('is none when nothing differs', () => {
    assert.equal(computeUpdate('c', group(base), group(structuredClone(base))), undefined);
  });

  it('of one value relies on the groups above it and names nothing else', () => {
    const after = structuredClone(base);
    after.groups = { ...after.groups, Orderer: { version: 7, values: { BatchTimeout: [1, '200ms'] } } };
    const update = computeUpdate('c', group(base), group(after));
    assert.equal(update?.getChannelId(), 'c');
    assert.deepEqual(lines(update.getReadSet()), ['/ 1', '/Orderer/ 7']);
    assert.deepEqual(lines(update.getWriteSet()), ['/ 1', '/Orderer/ 7', '/Orderer/BatchTimeout 2 200ms']);
  });

  it('that adds an organisation raises the group and keeps its other members by version alone', () => {
    const after = structuredClone(base);
    const application = after.groups?.['Application'];
    assert.ok(application?.groups);
    application.groups['B'] = { version: 9, values: { MSP: [6, 'b'] } };
    const update = computeUpdate('c', group(base), group(after));
    assert.deepEqual(lines(update?.getReadSet()), [
      '/ 1',
      '/Application/ 3',
      '/Application/ACLs 2',
      '/Application/A/ 5',
    ]);
    assert.deepEqual(lines(update?.getWriteSet()), [
      '/ 1',
      '/Application/ 4 Admins',
      '/Application/ACLs 2',
      '/Application/A/ 5',
      '/Application/B/ 0 Admins',
      '/Application/B/MSP 0 b',
    ]);
  });

  it('that removes a member raises the group and leaves the member out', () => {
    const after = structuredClone(base);
    delete after.values;
    const update = computeUpdate('c', group(base), group(after));
    assert.deepEqual(lines(update?.getWriteSet()), ['/ 2 Admins', '/Application/ 3', '/Orderer/ 7']);
  });
});
