import { latin1, type Bytes } from '../bytes.ts';
import { readable } from '../failure.ts';
import type { ChannelConfig, PolicyGroup } from './channel-config.ts';
import { isA, type Identity } from './identity.ts';
import { Message } from './proto.ts';

/**
 * Whether those who endorsed something were enough, by the policies of the channel's configuration, of a chaincode's
 * definition and of single keys. Spec: Fabric `common/policies.proto`, `peer/policy.proto`, `common/policies/implicitmeta.go`.
 */
export type Policy = (signers: readonly Identity[]) => boolean;

const KIND = { signature: 1, implicitMeta: 3 } as const;
const META_RULES = ['any', 'all', 'majority'] as const;
const ROLES = ['member', 'admin', 'client', 'peer', 'orderer'] as const;
const NEVER: Policy = () => false;

type Principal = (identity: Identity) => boolean;

const principalOf = (message: Message): Principal => {
  readable(message.number(1) === 0, 'a policy names somebody otherwise than by a role');
  const role = message.message(2);
  const mspId = role.text(1);
  const name = ROLES[role.number(2)];
  readable(name !== undefined, 'a policy names a role that there is not');
  return (identity) => identity.mspId === mspId && (name === 'member' || isA(identity, name));
};

/** Takes from the signers that are left; nothing when the rule is not met. One signer stands for one principal. */
type Rule = (left: readonly Identity[]) => readonly Identity[] | undefined;

const ruleOf = (message: Message, principals: readonly Principal[]): Rule => {
  if (!message.has(2)) {
    const principal = principals[message.number(1)];
    readable(message.has(1) && principal !== undefined, 'a policy asks for nobody');
    return (left) => {
      const found = left.find(principal);
      return found && left.filter((each) => each !== found);
    };
  }
  const outOf = message.message(2);
  const needed = outOf.number(1);
  const rules = outOf.messages(2).map((each) => ruleOf(each, principals));
  return (left) => {
    let met = 0;
    let rest = left;
    for (const rule of rules) {
      const after = rule(rest);
      if (after === undefined) continue;
      met += 1;
      rest = after;
    }
    return met >= needed ? rest : undefined;
  };
};

/** A `SignaturePolicyEnvelope`. @throws Unreadable */
const signaturePolicy = (envelope: Message): Policy => {
  const rule = ruleOf(envelope.message(2), envelope.messages(3).map(principalOf));
  return (signers) => rule(signers) !== undefined;
};

const groupPolicy = (group: PolicyGroup, name: string): Policy => {
  const bytes = group.policies.get(name);
  if (bytes === undefined) return NEVER;
  const policy = new Message(bytes);
  const kind = policy.number(1);
  if (kind === KIND.signature) return signaturePolicy(policy.message(2));
  readable(kind === KIND.implicitMeta, `policy ${name} of the channel is of no known kind`);
  const meta = policy.message(2);
  const inner = [...group.groups.values()].map((each) => groupPolicy(each, meta.text(1)));
  const rule = META_RULES[meta.number(2)];
  readable(rule !== undefined, `policy ${name} of the channel has no known rule`);
  const needed = { any: 1, all: inner.length, majority: Math.floor(inner.length / 2) + 1 }[rule];
  return (signers) => inner.filter((holds) => holds(signers)).length >= needed;
};

/** The policies of one configuration, each read once. */
export class Policies {
  readonly #root: PolicyGroup;
  readonly #known = new Map<string, Policy>();

  constructor({ policies }: ChannelConfig) {
    this.#root = policies;
  }

  #once(id: string, make: () => Policy): Policy {
    const known = this.#known.get(id) ?? make();
    this.#known.set(id, known);
    return known;
  }

  /** Of a key, as its metadata have it. */
  ofKey(envelope: Bytes): Policy {
    return this.#once(`key ${latin1(envelope)}`, () => signaturePolicy(new Message(envelope)));
  }

  /** An `ApplicationPolicy`: a rule of its own, or the name of one of the channel's. */
  application(bytes: Bytes): Policy {
    return this.#once(`application ${latin1(bytes)}`, () => {
      const policy = new Message(bytes);
      return policy.has(1) ? signaturePolicy(policy.message(1)) : this.channel(policy.text(2));
    });
  }

  /** One of the channel's by its path, such as /Channel/Application/Endorsement. */
  channel(path: string): Policy {
    return this.#once(`channel ${path}`, () => {
      const [, , ...names] = path.split('/');
      const name = names.pop() ?? '';
      let group: PolicyGroup | undefined = this.#root;
      for (const each of names) group = group?.groups.get(each);
      return group === undefined ? NEVER : groupPolicy(group, name);
    });
  }

  /** Of whatever an organisation keeps for itself. */
  ofOrganisation(mspId: string): Policy {
    const groups = [...(this.#root.groups.get('Application')?.groups.values() ?? [])];
    const own = groups.find((each) => each.mspId === mspId);
    return own === undefined ? NEVER : groupPolicy(own, 'Endorsement');
  }
}
