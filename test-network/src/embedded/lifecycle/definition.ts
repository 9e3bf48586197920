/**
 * Chaincode definitions in the `_lifecycle` namespace, laid out as Fabric's lifecycle writes them:
 * `namespaces/metadata/<name>` and `namespaces/fields/<name>/{Sequence,EndorsementInfo,ValidationInfo,Collections}`.
 */
import { common, peer } from '@hyperledger/fabric-protos';
import { parseSignaturePolicy } from '../policy/dsl.ts';
import {
  applicationPolicyOf,
  organizationEndorsement,
  signatureApplicationPolicy,
} from '../policy/application-policy.ts';
import type { ChaincodeConfig, CollectionConfig } from '../config.ts';
import type { KvWrite } from '../simulator/rwset.ts';

export const LIFECYCLE = '_lifecycle';
const IMPLICIT_PREFIX = '_implicit_org_';
const FIELDS = ['Sequence', 'EndorsementInfo', 'ValidationInfo', 'Collections'] as const;
type Field = (typeof FIELDS)[number];

export interface Collection {
  readonly name: string;
  /** Serialised `SignaturePolicyEnvelope` of the member organisations. */
  readonly memberPolicy: Uint8Array;
  readonly memberOnlyRead: boolean;
  readonly memberOnlyWrite: boolean;
  readonly blockToLive: number;
  /** Serialised `ApplicationPolicy`; undefined means that the chaincode's policy holds. */
  readonly endorsementPolicy: Uint8Array | undefined;
}

/** A definition as the ledger has it. */
export interface ChaincodeDefinition {
  readonly name: string;
  readonly sequence: number;
  readonly version: string;
  /** Serialised `ApplicationPolicy`. */
  readonly endorsementPolicy: Uint8Array;
  /** The collections of the definition, without the implicit ones. */
  readonly collections: ReadonlyMap<string, Collection>;
}

export function implicitCollectionName(mspId: string): string {
  return `${IMPLICIT_PREFIX}${mspId}`;
}

/** The organisation of an implicit collection; undefined for another collection. */
export function implicitCollectionOwner(collection: string): string | undefined {
  return collection.startsWith(IMPLICIT_PREFIX) ? collection.slice(IMPLICIT_PREFIX.length) : undefined;
}

export function implicitCollection(mspId: string): Collection {
  const policy = new peer.ApplicationPolicy();
  policy.setChannelConfigPolicyReference(organizationEndorsement(mspId));
  return {
    name: implicitCollectionName(mspId),
    memberPolicy: parseSignaturePolicy(`OR('${mspId}.member')`).serializeBinary(),
    memberOnlyRead: false,
    memberOnlyWrite: false,
    blockToLive: 0,
    endorsementPolicy: policy.serializeBinary(),
  };
}

function collectionMessage(config: CollectionConfig): peer.CollectionConfig {
  if (!/^[A-Za-z0-9-]+([A-Za-z0-9_-]+)*$/.test(config.name)) {
    throw new Error(`"${config.name}" cannot be the name of a collection: use letters, digits, _ and -`);
  }
  const members = new peer.CollectionPolicyConfig();
  members.setSignaturePolicy(parseSignaturePolicy(config.policy));
  const message = new peer.StaticCollectionConfig();
  message.setName(config.name);
  message.setMemberOrgsPolicy(members);
  message.setRequiredPeerCount(config.requiredPeerCount ?? 0);
  message.setMaximumPeerCount(config.maxPeerCount ?? 1);
  message.setBlockToLive(config.blockToLive ?? 0);
  message.setMemberOnlyRead(config.memberOnlyRead ?? false);
  message.setMemberOnlyWrite(config.memberOnlyWrite ?? false);
  if (config.endorsementPolicy !== undefined) {
    const bytes = signatureApplicationPolicy(parseSignaturePolicy(config.endorsementPolicy.signaturePolicy));
    message.setEndorsementPolicy(peer.ApplicationPolicy.deserializeBinary(bytes));
  }
  const wrapper = new peer.CollectionConfig();
  wrapper.setStaticCollectionConfig(message);
  return wrapper;
}

function fieldBytes(
  config: ChaincodeConfig,
  mspIds: readonly string[],
  sequence: number,
): Record<Field, Uint8Array> {
  const endorsement = new peer.lifecycle.ChaincodeEndorsementInfo();
  endorsement.setVersion(config.version);
  endorsement.setEndorsementPlugin('escc');
  const validation = new peer.lifecycle.ChaincodeValidationInfo();
  validation.setValidationPlugin('vscc');
  validation.setValidationParameter(applicationPolicyOf(config.endorsementPolicy, mspIds));
  const collections = new peer.CollectionConfigPackage();
  collections.setConfigList((config.collections ?? []).map(collectionMessage));
  const bytes = (content: Uint8Array): Uint8Array => {
    const data = new peer.lifecycle.StateData();
    data.setBytes(content);
    return data.serializeBinary();
  };
  const number = new peer.lifecycle.StateData();
  number.setInt64(sequence);
  return {
    Sequence: number.serializeBinary(),
    EndorsementInfo: bytes(endorsement.serializeBinary()),
    ValidationInfo: bytes(validation.serializeBinary()),
    Collections: bytes(collections.serializeBinary()),
  };
}

function fieldKey(name: string, field: Field): string {
  return `namespaces/fields/${name}/${field}`;
}

/** Reads a key of the `_lifecycle` namespace. */
export type LifecycleReader = (key: string) => Uint8Array | undefined;

/** The writes that commit this definition; none when the ledger has it already. */
export function definitionWrites(
  config: ChaincodeConfig,
  mspIds: readonly string[],
  read: LifecycleReader,
): KvWrite[] {
  if (config.version === '') throw new Error(`chaincode ${config.name} needs a version`);
  const sequence = readDefinition(config.name, read)?.sequence ?? 0;
  const differs = (wanted: Record<Field, Uint8Array>): boolean =>
    FIELDS.some((field) => {
      const present = read(fieldKey(config.name, field));
      return present === undefined || Buffer.compare(present, wanted[field]) !== 0;
    });
  if (!differs(fieldBytes(config, mspIds, sequence))) return [];
  const fields = fieldBytes(config, mspIds, sequence + 1);
  const metadata = new peer.lifecycle.StateMetadata();
  metadata.setDatatype('ChaincodeDefinition');
  metadata.setFieldsList([...FIELDS]);
  return [
    ...FIELDS.map((field) => ({ key: fieldKey(config.name, field), value: fields[field] })),
    { key: `namespaces/metadata/${config.name}`, value: metadata.serializeBinary() },
  ];
}

function parseCollection(message: peer.StaticCollectionConfig): Collection {
  const members = message.getMemberOrgsPolicy()?.getSignaturePolicy() ?? new common.SignaturePolicyEnvelope();
  return {
    name: message.getName(),
    memberPolicy: members.serializeBinary(),
    memberOnlyRead: message.getMemberOnlyRead(),
    memberOnlyWrite: message.getMemberOnlyWrite(),
    blockToLive: message.getBlockToLive(),
    endorsementPolicy: message.getEndorsementPolicy()?.serializeBinary(),
  };
}

/** The definition of a chaincode; undefined when the channel has none. */
export function readDefinition(name: string, read: LifecycleReader): ChaincodeDefinition | undefined {
  const sequence = read(fieldKey(name, 'Sequence'));
  if (sequence === undefined) return undefined;
  const content = (field: Field): Uint8Array =>
    peer.lifecycle.StateData.deserializeBinary(
      read(fieldKey(name, field)) ?? new Uint8Array(),
    ).getBytes_asU8();
  const collections = peer.CollectionConfigPackage.deserializeBinary(content('Collections'))
    .getConfigList()
    .flatMap((each) => each.getStaticCollectionConfig() ?? [])
    .map(parseCollection);
  return {
    name,
    sequence: peer.lifecycle.StateData.deserializeBinary(sequence).getInt64(),
    version: peer.lifecycle.ChaincodeEndorsementInfo.deserializeBinary(
      content('EndorsementInfo'),
    ).getVersion(),
    endorsementPolicy: peer.lifecycle.ChaincodeValidationInfo.deserializeBinary(
      content('ValidationInfo'),
    ).getValidationParameter_asU8(),
    collections: new Map(collections.map((each) => [each.name, each])),
  };
}
