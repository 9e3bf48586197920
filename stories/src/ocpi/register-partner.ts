import type { Platform } from '@roamgrid/ocpi';
import { z } from 'zod';
import { PARTNER } from './cast.ts';
import type { OcpiStage } from './stage.ts';

const ENCODE = encodeURIComponent;
const invited = z.object({ token: z.string() });
const partners = z.object({
  partners: z.array(z.object({ partnerId: z.string(), state: z.string(), version: z.string().optional() })),
});

/** The partner as one that was brought in and has changed its token once. */
export interface KnownPartner {
  /** With which it asks the door. */
  readonly token: string;
  readonly version: string;
  readonly state: string;
  readonly tokensUsed: number;
}

/** Brings the partner in by OCPI's own handshake, and has it change its token without a gap. */
export const bringIn = async (
  { door, operate, progress, standIn }: OcpiStage,
  platform: Platform,
): Promise<KnownPartner> => {
  progress(`${PARTNER.name}, which is no member, registers at Alabama Power’s door and changes its token`);
  const { partnerId, name, country, party } = PARTNER;
  const base = `${door.url}/operator/v1/partners`;
  await operate('POST', base, { partnerId, name, parties: [country + party] }, z.unknown());
  const { token: first } = await operate(
    'POST',
    `${base}/${ENCODE(partnerId)}/invitation`,
    undefined,
    invited,
  );
  const credentials = `${door.url}/ocpi/${platform.version}/credentials`;
  const roles = platform.credentials(country, party, 'CPO', 'EMSP');
  const given = z.object({ data: z.object({ token: z.string() }) });
  const exchange = async (method: 'POST' | 'PUT', shown: string): Promise<string> => {
    const { text } = await platform.ask(credentials, shown, { method, body: roles });
    return given.parse(JSON.parse(text)).data.token;
  };
  const second = await exchange('POST', first);
  const token = await exchange('PUT', second);
  await operate(
    'PUT',
    `${base}/${ENCODE(partnerId)}/stand-in`,
    { customerId: standIn.customerId },
    undefined,
  );
  const all = await operate('GET', base, undefined, partners);
  const [{ state, version = '' } = { state: 'unknown' }] = all.partners.filter(
    (one) => one.partnerId === partnerId,
  );
  return { token, version, state, tokensUsed: new Set([second, token]).size };
};
