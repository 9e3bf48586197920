/** The shape of a consortium: who takes part, what the channel allows, how it orders and endorses. */
import { z } from 'zod';
import { consortiumProblems } from './rules.ts';

const mspId = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/, 'an MSP id: letters and digits');
/** Names folders, containers and Kubernetes objects. Spec: RFC 1123 label. */
const organisationId = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,40}[a-z0-9])?$/, 'lower-case letters, digits and hyphens');
const domain = z.string().regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a DNS name');
const timeMs = z.int().min(1).max(86_400_000);
const count = z.int().min(1);

/** What every organisation has: `domain` is the DNS name under which its nodes are reached. */
const organisation = z.strictObject({ id: organisationId, name: z.string().min(1).max(100), mspId, domain });
export type Organisation = z.infer<typeof organisation>;

export const utility = organisation.extend({
  /** Country and party of the utility's CINs, such as USDUK. */
  utilityId: z.string().regex(/^[A-Z]{2}[A-Z0-9]{3}$/),
});
export type Utility = z.infer<typeof utility>;

const identity = z.strictObject({
  name: organisationId,
  /** Written into the certificate's Fabric CA attribute extension; contracts read `role`. */
  attributes: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9._-]*$/), z.string().max(200)),
});
export type IdentityTemplate = z.infer<typeof identity>;

const channel = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9.-]{0,248}$/, 'a Fabric channel name'),
  capabilities: z.strictObject({
    /** V3_0 is what BFT ordering needs; every node must then run Fabric 3. */
    channel: z.enum(['V2_0', 'V3_0']),
    orderer: z.enum(['V2_0']),
    application: z.enum(['V2_0', 'V2_5']),
  }),
  block: z.strictObject({
    maxMessageCount: count,
    absoluteMaxBytes: count,
    preferredMaxBytes: count,
    /** How long a lone transaction waits for company before its block is cut. */
    timeoutMs: timeMs,
  }),
  /** Resource to policy path, over Fabric's defaults. */
  acls: z.record(z.string(), z.string().startsWith('/Channel/')),
});

const ordering = z.strictObject({
  consensus: z.enum(['raft', 'bft']),
  raft: z.strictObject({
    tickMs: timeMs,
    electionTicks: count,
    heartbeatTicks: count,
    maxInflightBlocks: count,
    snapshotBytes: count,
  }),
  bft: z.strictObject({
    /** A follower sends an unordered request to the leader after this, and complains after the next one. */
    requestForwardTimeoutMs: timeMs,
    requestComplainTimeoutMs: timeMs,
    requestAutoRemoveTimeoutMs: timeMs,
    viewChangeResendMs: timeMs,
    viewChangeTimeoutMs: timeMs,
    leaderHeartbeatTimeoutMs: timeMs,
    leaderHeartbeatCount: count,
    collectTimeoutMs: timeMs,
    incomingMessageBufferSize: count,
    requestPoolSize: count,
  }),
  /** One orderer each: Raft uses an odd number of them from the front, BFT all. */
  organisations: z.array(organisation).min(3),
});

/** Who must endorse: more than half of the utilities, or a stated number of them. */
const endorsement = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('majority') }),
  z.strictObject({ rule: z.literal('out-of'), required: count }),
]);

const chaincode = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/),
  version: z.string().regex(/^[A-Za-z0-9_.+-]{1,40}$/),
  endorsement,
  /** How many of an organisation's own peers must, and may, hold its private data at endorsement. */
  implicitCollections: z.strictObject({ requiredPeerCount: z.int().min(0), maxPeerCount: z.int().min(0) }),
});

const peers = z.strictObject({
  /** How long a peer waits for the chaincode's answer; Fabric takes less than a second as its default. */
  executeTimeoutMs: timeMs.min(1000),
  /** Calls that a peer's gateway service serves at once; it refuses those above. */
  gatewayConcurrency: count,
});

export const consortiumSchema = z
  .strictObject({
    name: organisationId,
    channel,
    ordering,
    utilities: z.array(utility).min(2),
    auditors: z.array(organisation),
    /** The certificates that each kind of organisation issues to its services. */
    identities: z.strictObject({ utility: z.array(identity).min(1), auditor: z.array(identity).min(1) }),
    peers,
    chaincode,
  })
  .superRefine((consortium, context) => {
    for (const message of consortiumProblems(consortium)) context.addIssue({ code: 'custom', message });
  });

/** A consortium whose parts fit together. Only {@link parseConsortium} makes one. */
export type Consortium = z.infer<typeof consortiumSchema>;
