import { readable } from '../failure.ts';
import type { Bytes } from '../bytes.ts';
import { readCertificate, type Certificate } from './certificate.ts';
import type { Envelope } from './envelope.ts';
import { identityOf, type Identity } from './identity.ts';
import { Message } from './proto.ts';

/** What a configuration block says of who may sign. Spec: Fabric `common/configtx.proto`, `msp/msp_config.proto`. */

export interface Organisation {
  readonly mspId: string;
  readonly roots: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
}

/** One of the ordering nodes that a BFT channel counts. Spec: Fabric `common/configuration.proto`, `Consenter`. */
export interface Consenter {
  readonly number: number;
  readonly identity: Identity;
}

/** A group of the configuration, for its policies. */
export interface PolicyGroup {
  /** `Policy` messages by name. */
  readonly policies: ReadonlyMap<string, Bytes>;
  readonly groups: ReadonlyMap<string, PolicyGroup>;
  /** Of an organisation's group. */
  readonly mspId: string | undefined;
}

export interface ChannelConfig {
  readonly channel: string;
  readonly policies: PolicyGroup;
  readonly members: ReadonlyMap<string, Organisation>;
  /** Organisations of the ordering nodes; none where the members' own peers order. */
  readonly orderers: ReadonlyMap<string, Organisation>;
  readonly isBft: boolean;
  /** Of a BFT channel. */
  readonly consenters: readonly Consenter[];
}

/** Fields of a configuration group. */
const GROUPS = 2;
const VALUES = 3;
const POLICIES = 4;

const organisation = (group: Message): Organisation | undefined => {
  const value = group.map(VALUES).get('MSP');
  if (value === undefined) return undefined;
  // ConfigValue.value holds an MSPConfig, whose config is that of Fabric's own kind.
  const config = new Message(new Message(value).bytes(2)).message(2);
  return {
    mspId: config.text(1),
    roots: config.list(2).map(readCertificate),
    intermediates: config.list(3).map(readCertificate),
  };
};

const organisationsOf = (group: Message): ReadonlyMap<string, Organisation> => {
  const found = [...group.map(GROUPS).values()].flatMap((bytes) => organisation(new Message(bytes)) ?? []);
  return new Map(found.map((each) => [each.mspId, each]));
};

const policyGroup = (group: Message): PolicyGroup => ({
  policies: new Map(
    [...group.map(POLICIES)].map(([name, policy]) => [name, new Message(policy).bytes(2)] as const),
  ),
  groups: new Map(
    [...group.map(GROUPS)].map(([name, each]) => [name, policyGroup(new Message(each))] as const),
  ),
  mspId: organisation(group)?.mspId,
});

const consenterOf = (consenter: Message): Consenter => ({
  number: consenter.number(1),
  identity: identityOf(consenter.text(4), consenter.bytes(5)),
});

const CONFIG = 1;

/** Whether an envelope carries a configuration, by its header's type. @throws Unreadable */
export const isConfig = ({ payload }: Envelope): boolean =>
  new Message(payload).message(1).message(1).number(1) === CONFIG;

/** The configuration that a block's only envelope carries. @throws Unreadable */
export const readConfig = (envelope: Envelope): ChannelConfig => {
  readable(isConfig(envelope), 'a block is named as the configuration and holds none');
  const payload = new Message(envelope.payload);
  const header = payload.message(1).message(1);
  const channelGroup = payload.message(2).message(1).message(2);
  const groups = channelGroup.map(GROUPS);
  const ordering = new Message(groups.get('Orderer') ?? new Uint8Array());
  const valueOf = (name: string): Message =>
    new Message(new Message(ordering.map(VALUES).get(name) ?? new Uint8Array()).bytes(2));
  const isBft = valueOf('ConsensusType').text(1) === 'BFT';
  return {
    channel: header.text(4),
    policies: policyGroup(channelGroup),
    members: organisationsOf(new Message(groups.get('Application') ?? new Uint8Array())),
    orderers: organisationsOf(ordering),
    isBft,
    consenters: isBft ? valueOf('Orderers').messages(1).map(consenterOf) : [],
  };
};
