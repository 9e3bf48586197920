/**
 * The signature policy language: `AND('A.peer', OR('B.member', OutOf(2, ...)))`.
 * Spec: Fabric `common/policydsl`; roles are member, client, peer, admin, orderer.
 */
import { common, msp } from '@hyperledger/fabric-protos';

const ROLE_BY_NAME = new Map<string, 0 | 1 | 2 | 3 | 4>([
  ['member', msp.MSPRole.MSPRoleType.MEMBER],
  ['admin', msp.MSPRole.MSPRoleType.ADMIN],
  ['client', msp.MSPRole.MSPRoleType.CLIENT],
  ['peer', msp.MSPRole.MSPRoleType.PEER],
  ['orderer', msp.MSPRole.MSPRoleType.ORDERER],
]);

export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError';
}

export function rolePrincipal(mspId: string, role: 0 | 1 | 2 | 3 | 4): msp.MSPPrincipal {
  const message = new msp.MSPRole();
  message.setMspIdentifier(mspId);
  message.setRole(role);
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ROLE);
  principal.setPrincipal(message.serializeBinary());
  return principal;
}

export function signedBy(index: number): common.SignaturePolicy {
  const policy = new common.SignaturePolicy();
  policy.setSignedBy(index);
  return policy;
}

export function outOf(n: number, rules: common.SignaturePolicy[]): common.SignaturePolicy {
  const combination = new common.SignaturePolicy.NOutOf();
  combination.setN(n);
  combination.setRulesList(rules);
  const policy = new common.SignaturePolicy();
  policy.setNOutOf(combination);
  return policy;
}

export function envelope(
  rule: common.SignaturePolicy,
  principals: msp.MSPPrincipal[],
): common.SignaturePolicyEnvelope {
  const message = new common.SignaturePolicyEnvelope();
  message.setVersion(0);
  message.setRule(rule);
  message.setIdentitiesList(principals);
  return message;
}

/** `n` of the organisations, each by an identity of the role. */
export function outOfOrganizations(
  n: number,
  mspIds: readonly string[],
  role: 0 | 1 | 2 | 3 | 4,
): common.SignaturePolicyEnvelope {
  return envelope(
    outOf(
      n,
      mspIds.map((_, index) => signedBy(index)),
    ),
    mspIds.map((mspId) => rolePrincipal(mspId, role)),
  );
}

class Parser {
  readonly #text: string;
  #at = 0;
  readonly principals: msp.MSPPrincipal[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  #fail(expected: string): never {
    throw new PolicySyntaxError(`policy "${this.#text}": expected ${expected} at character ${this.#at}`);
  }

  #match(pattern: RegExp): string | undefined {
    const sticky = new RegExp(`\\s*(?:${pattern.source})`, 'iy');
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (found === null) return undefined;
    this.#at = sticky.lastIndex;
    return found[0].trim();
  }

  #need(pattern: RegExp, expected: string): string {
    return this.#match(pattern) ?? this.#fail(expected);
  }

  parse(): common.SignaturePolicyEnvelope {
    const rule = this.#rule();
    this.#need(/$/, 'the end');
    return envelope(rule, this.principals);
  }

  #rule(): common.SignaturePolicy {
    const operator = this.#match(/(?:AND|OR|OutOf)(?=\s*\()/)?.toLowerCase();
    if (operator === undefined) return this.#principal();
    this.#need(/\(/, '"("');
    let needed: number | undefined;
    if (operator === 'outof') {
      needed = Number(this.#need(/\d+/, 'a number of signatures'));
      this.#need(/,/, '","');
    }
    const rules = [this.#rule()];
    while (this.#match(/,/) !== undefined) rules.push(this.#rule());
    this.#need(/\)/, '"," or ")"');
    const n = needed ?? (operator === 'and' ? rules.length : 1);
    if (n < 1 || n > rules.length) this.#fail(`at most ${rules.length} of ${rules.length} rules, not ${n}`);
    return outOf(n, rules);
  }

  #principal(): common.SignaturePolicy {
    const quoted = this.#need(/'[^']*'|"[^"]*"/, "a principal such as 'OrgMSP.peer'").slice(1, -1);
    const dot = quoted.lastIndexOf('.');
    const role = ROLE_BY_NAME.get(quoted.slice(dot + 1).toLowerCase());
    if (dot <= 0 || role === undefined)
      this.#fail('a principal of the form MspId.role (member, client, peer, admin)');
    this.principals.push(rolePrincipal(quoted.slice(0, dot), role));
    return signedBy(this.principals.length - 1);
  }
}

/** Parses a signature policy. Throws PolicySyntaxError that says where and what. */
export function parseSignaturePolicy(text: string): common.SignaturePolicyEnvelope {
  return new Parser(text).parse();
}
