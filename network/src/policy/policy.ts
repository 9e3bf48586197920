/** Policies as data, and as the strings that Fabric's tools read. */

/** Which part of an organisation: `member` is any certificate of it. */
export type NodeRole = 'member' | 'admin' | 'client' | 'peer' | 'orderer';

/** `required` of the principals must sign. Spec: Fabric documentation, "Endorsement policies", OutOf. */
export interface SignaturePolicy {
  readonly type: 'Signature';
  readonly required: number;
  readonly principals: readonly { readonly mspId: string; readonly role: NodeRole }[];
}

/** A rule over the same-named policies one level below. Spec: Fabric documentation, "Policies", ImplicitMeta. */
export interface ImplicitMetaPolicy {
  readonly type: 'ImplicitMeta';
  readonly rule: 'ANY' | 'ALL' | 'MAJORITY';
  readonly subPolicy: string;
}

export type Policy = SignaturePolicy | ImplicitMetaPolicy;

/** `required` of the organisations, each by a certificate of the given role. */
export const outOf = (required: number, mspIds: readonly string[], role: NodeRole): SignaturePolicy => ({
  type: 'Signature',
  required,
  principals: mspIds.map((mspId) => ({ mspId, role })),
});

/** Any one of the roles of one organisation. */
export const anyRole = (mspId: string, ...roles: readonly NodeRole[]): SignaturePolicy => ({
  type: 'Signature',
  required: 1,
  principals: roles.map((role) => ({ mspId, role })),
});

export const implicitMeta = (rule: ImplicitMetaPolicy['rule'], subPolicy: string): ImplicitMetaPolicy => ({
  type: 'ImplicitMeta',
  rule,
  subPolicy,
});

/** The policy in Fabric's text form, such as `OutOf(2, 'AMSP.peer', 'BMSP.peer')` or `MAJORITY Admins`. */
export function policyText(policy: Policy): string {
  if (policy.type === 'ImplicitMeta') return `${policy.rule} ${policy.subPolicy}`;
  const principals = policy.principals.map(({ mspId, role }) => `'${mspId}.${role}'`);
  return `OutOf(${policy.required}, ${principals.join(', ')})`;
}
