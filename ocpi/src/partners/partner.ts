import { isSameId, VERSIONS, type OcpiDoorVersion } from '../objects/scalars.ts';
import type { Db, PartnerEndpoint, PartnerRole, PartnerState, PartnerTable } from '../store/schema.ts';

/** Somebody outside the consortium who speaks OCPI with us. */
export interface Partner {
  readonly partnerId: string;
  readonly name: string;
  readonly state: PartnerState;
  /** Parties that it may speak for, `NLMSP`. */
  readonly parties: readonly string[];
  readonly roles: readonly PartnerRole[];
  readonly endpoints: readonly PartnerEndpoint[];
  readonly version: OcpiDoorVersion | undefined;
  readonly versionsUrl: string | undefined;
  readonly tokenEncoding: 'base64' | 'plain';
  readonly certificateSha256: string | undefined;
}

/** Country and party in one, without case. */
export const partyKey = (country: string, party: string): string => `${country}${party}`.toUpperCase();

export const partnerOf = (row: PartnerTable): Partner => ({
  partnerId: row.partner_id,
  name: row.name,
  state: row.state,
  parties: JSON.parse(row.parties) as string[],
  roles: JSON.parse(row.roles) as PartnerRole[],
  endpoints: JSON.parse(row.endpoints) as PartnerEndpoint[],
  version: VERSIONS.find((version) => version === row.version),
  versionsUrl: row.versions_url ?? undefined,
  tokenEncoding: row.token_encoding,
  certificateSha256: row.certificate_sha256 ?? undefined,
});

export const findPartner = async (db: Db, partnerId: string): Promise<Partner | undefined> => {
  const row = await db
    .selectFrom('partner')
    .selectAll()
    .where('partner_id', '=', partnerId)
    .executeTakeFirst();
  return row && partnerOf(row);
};

export const listPartners = async (db: Db): Promise<readonly Partner[]> =>
  (await db.selectFrom('partner').selectAll().orderBy('partner_id').execute()).map(partnerOf);

/** Whether a partner speaks for a party in a role; a hub does for every party that was agreed with it. */
export const speaksFor = (
  { roles, parties }: Partner,
  country: string,
  party: string,
  inRole?: 'CPO' | 'EMSP',
): boolean =>
  roles.some(
    (one) =>
      (isSameId(one.country, country) &&
        isSameId(one.party, party) &&
        (inRole === undefined || one.role === inRole)) ||
      (one.role === 'HUB' && parties.includes(partyKey(country, party))),
  );

/** Whether it does what a role does, itself or as a hub. */
export const actsAs = ({ roles }: Partner, ...wanted: readonly string[]): boolean =>
  roles.some(({ role }) => role === 'HUB' || wanted.includes(role));

/** Where a partner takes what, if it does. */
export const endpointOf = (
  { endpoints }: Partner,
  module: string,
  role: PartnerEndpoint['role'],
): string | undefined => endpoints.find((one) => one.module === module && one.role === role)?.url;
