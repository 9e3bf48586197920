import type { Door } from '../door.ts';
import { OWNER_ROLE, type ObjectModule } from '../objects/modules.ts';
import { isTree, type JsonTree } from '../objects/read.ts';
import type { OcpiOutcome, OcpiRequest, Party } from './ask.ts';
import { tokenFor } from './book.ts';
import { speaksFor, type Partner } from './partner.ts';

/** Addresses that a partner may name are on the hosts where it registered: our token for it goes nowhere else. */
export const isOfPartner = ({ versionsUrl, endpoints }: Partner, address: string): boolean => {
  try {
    const { origin } = new URL(address);
    return [versionsUrl, ...endpoints.map(({ url }) => url)].some(
      (own) => own !== undefined && new URL(own).origin === origin,
    );
  } catch {
    return false;
  }
};

/**
 * To which of a platform's parties an object of ours goes: to the one whose customer charged, else to one that takes such objects.
 * Undefined where none does.
 */
export const partyFor = (partner: Partner, module: ObjectModule, object: JsonTree): Party | undefined => {
  const token = object['cdr_token'];
  if (isTree(token)) {
    const { country_code: country, party_id: party } = token;
    if (typeof country === 'string' && typeof party === 'string' && speaksFor(partner, country, party))
      return { country, party };
  }
  const taking = OWNER_ROLE[module] === 'CPO' ? ['EMSP', 'NSP'] : ['CPO'];
  return partner.roles.find(({ role }) => taking.includes(role));
};

/** Asks a registered partner, from our party to one of its: to its first where the request names none. */
export const askPartner = async (
  { db, seal, asker, self }: Door,
  partner: Partner,
  request: Omit<OcpiRequest, 'token' | 'tokenEncoding' | 'from'>,
): Promise<OcpiOutcome> => {
  const token = await tokenFor(db, seal, partner.partnerId);
  const [first] = partner.roles;
  if (token === undefined || first === undefined)
    return { kind: 'away', detail: `${partner.partnerId} is not registered` };
  const { tokenEncoding } = partner;
  return asker.ask({ to: first, ...request, token, tokenEncoding, from: self });
};
