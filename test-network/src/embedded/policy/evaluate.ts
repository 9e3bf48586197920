/**
 * Evaluates signature policies over identities whose signatures were checked before.
 * Spec: Fabric `common/cauthdsl`: an identity satisfies one principal at most.
 */
import { common, msp } from '@hyperledger/fabric-protos';
import type { NodeOu } from '../identity/authority.ts';

/** What a policy looks at in an identity. */
export interface Principal {
  readonly mspId: string;
  readonly role: NodeOu | undefined;
}

export class UnsupportedPolicyError extends Error {
  override readonly name = 'UnsupportedPolicyError';
}

const ROLE_NAMES: Readonly<Record<number, NodeOu | 'member'>> = {
  [msp.MSPRole.MSPRoleType.MEMBER]: 'member',
  [msp.MSPRole.MSPRoleType.ADMIN]: 'admin',
  [msp.MSPRole.MSPRoleType.CLIENT]: 'client',
  [msp.MSPRole.MSPRoleType.PEER]: 'peer',
  [msp.MSPRole.MSPRoleType.ORDERER]: 'orderer',
};

type Matcher = (identity: Principal) => boolean;
type Rule = (identities: readonly Principal[], used: boolean[]) => boolean;

/** True when at least the policy's signatures are among the identities. */
export type CompiledPolicy = (identities: readonly Principal[]) => boolean;

function compilePrincipal(principal: msp.MSPPrincipal): Matcher {
  if (principal.getPrincipalClassification() !== msp.MSPPrincipal.Classification.ROLE) {
    throw new UnsupportedPolicyError('only role principals (MspId.role) are modelled by the embedded peer');
  }
  const role = msp.MSPRole.deserializeBinary(principal.getPrincipal_asU8());
  const mspId = role.getMspIdentifier();
  const name = ROLE_NAMES[role.getRole()];
  if (name === undefined) throw new UnsupportedPolicyError(`role ${role.getRole()} is not modelled`);
  return (identity) => identity.mspId === mspId && (name === 'member' || identity.role === name);
}

function compileRule(rule: common.SignaturePolicy, matchers: readonly Matcher[]): Rule {
  const combination = rule.getNOutOf();
  if (rule.getTypeCase() === common.SignaturePolicy.TypeCase.N_OUT_OF && combination !== undefined) {
    const rules = combination.getRulesList().map((each) => compileRule(each, matchers));
    const n = combination.getN();
    return (identities, used) => {
      let satisfied = 0;
      for (const each of rules) {
        const attempt = [...used];
        if (!each(identities, attempt)) continue;
        satisfied += 1;
        attempt.forEach((taken, index) => (used[index] = taken));
      }
      return satisfied >= n;
    };
  }
  const matcher = matchers[rule.getSignedBy()];
  if (rule.getTypeCase() !== common.SignaturePolicy.TypeCase.SIGNED_BY || matcher === undefined) {
    throw new UnsupportedPolicyError('the policy names a principal that it does not list');
  }
  return (identities, used) => {
    const index = identities.findIndex((identity, at) => used[at] !== true && matcher(identity));
    if (index < 0) return false;
    used[index] = true;
    return true;
  };
}

/** Compiles a policy; throws UnsupportedPolicyError for what the embedded peer does not model. */
export function compilePolicy(policy: common.SignaturePolicyEnvelope): CompiledPolicy {
  const matchers = policy.getIdentitiesList().map(compilePrincipal);
  const rule = policy.getRule();
  if (rule === undefined) throw new UnsupportedPolicyError('the policy has no rule');
  const compiled = compileRule(rule, matchers);
  return (identities) => compiled(identities, new Array<boolean>(identities.length).fill(false));
}
