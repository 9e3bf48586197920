import { actsAs, type Partner } from './partner.ts';

interface ModuleRole {
  readonly identifier: string;
  readonly role: 'SENDER' | 'RECEIVER';
}

/** Roles of those who take what operators of stations own, … */
const TAKERS = ['EMSP', 'NSP'] as const;
const OPERATORS = { SENDER: TAKERS, RECEIVER: ['CPO'] } as const;

/** … and who else asks for which interface of ours. Spec: OCPI 2.2.1 and 2.3.0 mod_*, "typically implemented by". */
const USES: Readonly<Record<string, Readonly<Record<ModuleRole['role'], readonly string[]>>>> = {
  locations: OPERATORS,
  sessions: OPERATORS,
  cdrs: OPERATORS,
  tariffs: OPERATORS,
  tokens: { SENDER: ['CPO'], RECEIVER: ['EMSP'] },
  commands: { SENDER: ['CPO'], RECEIVER: ['EMSP'] },
  chargingprofiles: { SENDER: ['CPO'], RECEIVER: ['EMSP', 'SCSP'] },
};

/** Whether an interface of ours is for what a registered partner is; whatever is not named here is for everybody. */
export const mayUse = (partner: Partner, { identifier, role }: ModuleRole): boolean => {
  const roles = USES[identifier]?.[role];
  return roles === undefined || actsAs(partner, ...roles);
};
