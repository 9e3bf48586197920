/** Who may do what in the consortium. */
import type { Consortium } from '../consortium/schema.ts';
import { requiredEndorsements } from '../consortium/derived.ts';
import { anyRole, implicitMeta, outOf, type Policy } from './policy.ts';

export type NamedPolicies = Readonly<Record<string, Policy>>;

/** A utility reads, writes, and endorses with its peers. */
export const utilityPolicies = (mspId: string): NamedPolicies => ({
  Readers: anyRole(mspId, 'admin', 'peer', 'client'),
  Writers: anyRole(mspId, 'admin', 'client'),
  Admins: anyRole(mspId, 'admin'),
  Endorsement: anyRole(mspId, 'peer'),
});

/**
 * An auditor reads all that members read. Its services cannot submit anything: ordering refuses them. Only its
 * administrator writes, to approve a chaincode definition or a change of the channel.
 */
export const auditorPolicies = (mspId: string): NamedPolicies => ({
  ...utilityPolicies(mspId),
  Writers: anyRole(mspId, 'admin'),
});

export const orderingPolicies = (mspId: string): NamedPolicies => ({
  Readers: anyRole(mspId, 'member'),
  Writers: anyRole(mspId, 'member'),
  Admins: anyRole(mspId, 'admin'),
});

const common: NamedPolicies = {
  Readers: implicitMeta('ANY', 'Readers'),
  Writers: implicitMeta('ANY', 'Writers'),
  Admins: implicitMeta('MAJORITY', 'Admins'),
};

export const channelPolicies: NamedPolicies = common;

export const applicationPolicies: NamedPolicies = {
  ...common,
  LifecycleEndorsement: implicitMeta('MAJORITY', 'Endorsement'),
  Endorsement: implicitMeta('MAJORITY', 'Endorsement'),
};

/** `BlockValidation` is replaced by a quorum of the consenters when ordering is BFT. */
export const ordererPolicies: NamedPolicies = { ...common, BlockValidation: implicitMeta('ANY', 'Writers') };

/**
 * The chaincode's endorsement policy names the utilities, so that an auditor's peer never counts; it changes with
 * a new chaincode definition when a utility joins.
 */
export const chaincodeEndorsement = (consortium: Consortium): Policy =>
  outOf(
    requiredEndorsements(consortium),
    consortium.utilities.map((member) => member.mspId),
    'peer',
  );
