/** Block 0: the channel's configuration with each organisation's root certificates and the policies in force. */
import { randomBytes } from 'node:crypto';
import { common, msp, orderer } from '@hyperledger/fabric-protos';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { envelope, outOf, rolePrincipal, signedBy } from './policy/dsl.ts';
import { computeTxId } from './validator/transaction.ts';
import type { BatchConfig } from './config.ts';

const SIGNATURE_POLICY = common.Policy.PolicyType.SIGNATURE;
const IMPLICIT_META = common.Policy.PolicyType.IMPLICIT_META;
const Role = msp.MSPRole.MSPRoleType;
type RoleValue = 0 | 1 | 2 | 3 | 4;

/** An organisation as block 0 describes it. */
export interface GenesisOrganization {
  readonly mspId: string;
  readonly caPem: string;
  readonly tlsCaPem: string;
}

function configPolicy(type: number, value: Uint8Array): common.ConfigPolicy {
  const policy = new common.Policy();
  policy.setType(type);
  policy.setValue(value);
  const message = new common.ConfigPolicy();
  message.setModPolicy('Admins');
  message.setPolicy(policy);
  return message;
}

function anyRole(mspId: string, roles: readonly RoleValue[]): common.ConfigPolicy {
  const rule = outOf(
    1,
    roles.map((_, index) => signedBy(index)),
  );
  const policy = envelope(
    rule,
    roles.map((role) => rolePrincipal(mspId, role)),
  );
  return configPolicy(SIGNATURE_POLICY, policy.serializeBinary());
}

function implicit(subPolicy: string, rule: 0 | 1 | 2): common.ConfigPolicy {
  const policy = new common.ImplicitMetaPolicy();
  policy.setSubPolicy(subPolicy);
  policy.setRule(rule);
  return configPolicy(IMPLICIT_META, policy.serializeBinary());
}

function configValue(value: Uint8Array): common.ConfigValue {
  const message = new common.ConfigValue();
  message.setModPolicy('Admins');
  message.setValue(value);
  return message;
}

function nodeOu(name: string): msp.FabricOUIdentifier {
  const identifier = new msp.FabricOUIdentifier();
  identifier.setOrganizationalUnitIdentifier(name);
  return identifier;
}

function mspConfig({ mspId, caPem, tlsCaPem }: GenesisOrganization): Uint8Array {
  const units = new msp.FabricNodeOUs();
  units.setEnable(true);
  units.setClientOuIdentifier(nodeOu('client'));
  units.setPeerOuIdentifier(nodeOu('peer'));
  units.setAdminOuIdentifier(nodeOu('admin'));
  units.setOrdererOuIdentifier(nodeOu('orderer'));
  const crypto = new msp.FabricCryptoConfig();
  crypto.setSignatureHashFamily('SHA2');
  crypto.setIdentityIdentifierHashFunction('SHA256');
  const fabric = new msp.FabricMSPConfig();
  fabric.setName(mspId);
  fabric.setRootCertsList([Buffer.from(caPem)]);
  fabric.setTlsRootCertsList([Buffer.from(tlsCaPem)]);
  fabric.setFabricNodeOus(units);
  fabric.setCryptoConfig(crypto);
  const config = new msp.MSPConfig();
  config.setType(0);
  config.setConfig(fabric.serializeBinary());
  return config.serializeBinary();
}

function organizationGroup(organization: GenesisOrganization): common.ConfigGroup {
  const { mspId } = organization;
  const group = new common.ConfigGroup();
  group.setModPolicy('Admins');
  group.getValuesMap().set('MSP', configValue(mspConfig(organization)));
  const policies = group.getPoliciesMap();
  policies.set('Readers', anyRole(mspId, [Role.ADMIN, Role.PEER, Role.CLIENT]));
  policies.set('Writers', anyRole(mspId, [Role.ADMIN, Role.CLIENT]));
  policies.set('Admins', anyRole(mspId, [Role.ADMIN]));
  policies.set('Endorsement', anyRole(mspId, [Role.PEER]));
  return group;
}

function channelGroup(organizations: readonly GenesisOrganization[], batch: BatchConfig): common.ConfigGroup {
  const Rule = common.ImplicitMetaPolicy.Rule;
  const application = new common.ConfigGroup();
  application.setModPolicy('Admins');
  for (const organization of organizations) {
    application.getGroupsMap().set(organization.mspId, organizationGroup(organization));
  }
  const size = new orderer.BatchSize();
  size.setMaxMessageCount(batch.maxMessageCount);
  size.setAbsoluteMaxBytes(batch.absoluteMaxBytes);
  size.setPreferredMaxBytes(batch.preferredMaxBytes);
  const timeout = new orderer.BatchTimeout();
  timeout.setTimeout(`${batch.timeoutMs}ms`);
  const ordering = new common.ConfigGroup();
  ordering.setModPolicy('Admins');
  ordering.getValuesMap().set('BatchSize', configValue(size.serializeBinary()));
  ordering.getValuesMap().set('BatchTimeout', configValue(timeout.serializeBinary()));
  const channel = new common.ConfigGroup();
  channel.setModPolicy('Admins');
  channel.getGroupsMap().set('Application', application);
  channel.getGroupsMap().set('Orderer', ordering);
  for (const group of [application, channel]) {
    group.getPoliciesMap().set('Readers', implicit('Readers', Rule.ANY));
    group.getPoliciesMap().set('Writers', implicit('Writers', Rule.ANY));
    group.getPoliciesMap().set('Admins', implicit('Admins', Rule.MAJORITY));
  }
  application.getPoliciesMap().set('Endorsement', implicit('Endorsement', Rule.MAJORITY));
  application.getPoliciesMap().set('LifecycleEndorsement', implicit('Endorsement', Rule.MAJORITY));
  return channel;
}

/** The envelope of block 0. */
export function genesisEnvelope(
  channelId: string,
  organizations: readonly GenesisOrganization[],
  batch: BatchConfig,
): Buffer {
  const config = new common.Config();
  config.setSequence(0);
  config.setChannelGroup(channelGroup(organizations, batch));
  const configEnvelope = new common.ConfigEnvelope();
  configEnvelope.setConfig(config);
  const nonce = randomBytes(24);
  const time = new timestamp.Timestamp();
  time.fromDate(new Date());
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setVersion(1);
  channelHeader.setChannelId(channelId);
  channelHeader.setTimestamp(time);
  channelHeader.setTxId(computeTxId(nonce, new Uint8Array()));
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setNonce(nonce);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(configEnvelope.serializeBinary());
  const message = new common.Envelope();
  message.setPayload(payload.serializeBinary());
  return Buffer.from(message.serializeBinary());
}

/** Channel id and root certificates by MSP id, read back from the envelope of block 0. */
export function readGenesis(envelopeBytes: Uint8Array): { channelId: string; roots: Map<string, string> } {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelopeBytes).getPayload_asU8(),
  );
  const header = common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
  );
  const channel = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8())
    .getConfig()
    ?.getChannelGroup();
  const application = channel?.getGroupsMap().get('Application');
  if (application === undefined) throw new Error('block 0 has no application configuration');
  const roots = new Map<string, string>();
  for (const [mspId, group] of application.getGroupsMap().entries()) {
    const value = group.getValuesMap().get('MSP')?.getValue_asU8() ?? new Uint8Array();
    const fabric = msp.FabricMSPConfig.deserializeBinary(
      msp.MSPConfig.deserializeBinary(value).getConfig_asU8(),
    );
    const [root] = fabric.getRootCertsList_asU8();
    if (root !== undefined) roots.set(mspId, Buffer.from(root).toString('utf8'));
  }
  return { channelId: header.getChannelId(), roots };
}
