/** What the conformance suite needs from a ledger, embedded or native, to run against it. */
import type { Gateway } from '@hyperledger/fabric-gateway';

/** The organisations of the conformance network; A and B are the members of its explicit collections. */
export const CONFORMANCE_MSPS = ['AlphaMSP', 'BravoMSP', 'CharlieMSP'] as const;

export const CONFORMANCE_CHANNEL = 'conformance';
/** A second channel with the same organisations, for calls across channels. */
export const FURTHER_CHANNEL = 'further';

const [A, B] = CONFORMANCE_MSPS;
const MEMBERS = `OR('${A}.member', '${B}.member')`;

/** Collections of the chaincode `conformance`, in the shape of Fabric's collection configuration file. */
export const CONFORMANCE_COLLECTIONS = [
  { name: 'shared', policy: MEMBERS, requiredPeerCount: 0, maxPeerCount: 2, blockToLive: 0 },
  {
    name: 'members-only',
    policy: MEMBERS,
    requiredPeerCount: 0,
    maxPeerCount: 2,
    blockToLive: 0,
    memberOnlyRead: true,
    memberOnlyWrite: true,
  },
  { name: 'short-lived', policy: MEMBERS, requiredPeerCount: 0, maxPeerCount: 2, blockToLive: 2 },
] as const;

/**
 * The network to set up: three organisations with one peer each; every one runs `chaincode/main.ts` as `conformance`
 * (channel default policy, a majority) and as `open` (`ANY Endorsement`) on the first channel and as `open` on the second.
 * Every organisation has users `User1` and `station` (attribute `role=station`).
 */
export const CONFORMANCE_BATCH = {
  maxMessageCount: 10,
  absoluteMaxBytes: 4 * 1024 * 1024,
  preferredMaxBytes: 512 * 1024,
  timeoutMs: 150,
} as const;

/** A client of one user at its own organisation's peer. */
export interface Session {
  readonly gateway: Gateway;
  close(): void;
}

/**
 * Where Fabric's own ways of ordering differ from one another. What a client may rely on is the same with both: one valid
 * transaction for an id, blocks within the limits, a commit after the submit.
 */
export interface OrderingRules {
  /**
   * An envelope that was ordered before is put into a block again, where every peer marks it a duplicate; or it is
   * refused by orderers that remember what they delivered.
   */
  readonly resubmission: 'ordered' | 'refused';
  /** Bytes above which transactions that wait together are put into different blocks. */
  readonly cutBytes: number;
  /**
   * From when the batch timeout runs: from the first transaction of a block, which so waits for all of it when it is
   * alone, or from the block before, so that it waits for what is left.
   */
  readonly timeoutFrom: 'first-transaction' | 'last-block';
}

/** Raft's, and the embedded ledger's. */
export const RAFT_ORDERING: OrderingRules = {
  resubmission: 'ordered',
  cutBytes: CONFORMANCE_BATCH.preferredMaxBytes,
  timeoutFrom: 'first-transaction',
};

/** BFT's, which does not know preferred bytes. */
export const BFT_ORDERING: OrderingRules = {
  resubmission: 'refused',
  cutBytes: CONFORMANCE_BATCH.absoluteMaxBytes,
  timeoutFrom: 'last-block',
};

export interface LedgerUnderTest {
  readonly name: string;
  readonly ordering: OrderingRules;
  /** Limits as configured; the suite waits as long as they say. */
  readonly limits: { readonly executeTimeoutMs: number; readonly gatewayConcurrency: number };
  connect(mspId: string, user: string): Promise<Session>;
  /** Stops and starts the ledger with its state kept; connections of before are void. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}
