import { role, type Role, type UtilityRecord } from '@roamgrid/wire';
import type { ClientIdentity } from 'fabric-shim-api';
import { ensure, refuse } from './ledger-error.ts';

/** Who proposed the transaction, by certificate: its organisation and the `role` attribute that its CA gave. */
export interface Caller {
  readonly mspId: string;
  readonly role: Role | undefined;
}

export const callerOf = (identity: ClientIdentity): Caller => {
  const parsed = role.safeParse(identity.getAttributeValue('role'));
  return { mspId: identity.getMSPID(), role: parsed.success ? parsed.data : undefined };
};

/** Refuses a caller whose certificate carries none of the roles. */
export const requireRole = (caller: Caller, roles: readonly Role[]): void => {
  if (caller.role !== undefined && roles.includes(caller.role)) return;
  refuse('FORBIDDEN', `role ${caller.role ?? '(none)'} may not do this: it needs ${roles.join(' or ')}`);
};

/** Refuses a caller of another organisation than the utility's, or without the role. */
export const requireMember = (caller: Caller, utility: UtilityRecord, roles: readonly Role[]): void => {
  ensure(
    caller.mspId === utility.mspId,
    'FORBIDDEN',
    `${caller.mspId} does not act for ${utility.utilityId}`,
  );
  requireRole(caller, roles);
};
