import type { Door } from '../door.ts';
import type { OcpiOutcome, OcpiRequest } from './ask.ts';
import { tokenFor } from './book.ts';
import type { Partner } from './partner.ts';

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

/** Asks a registered partner, from our party to one of its. */
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
