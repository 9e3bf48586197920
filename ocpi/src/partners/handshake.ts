import { err, ok, type Result } from '@roamgrid/domain';
import type { z } from 'zod';
import { versionDetails, versionList, type Credentials } from '../objects/credentials.ts';
import { readObject } from '../objects/read.ts';
import { VERSIONS, type OcpiDoorVersion } from '../objects/scalars.ts';
import type { PartnerEndpoint, PartnerRole } from '../store/schema.ts';
import type { Asker, OcpiOutcome } from './ask.ts';
import { partyKey, type Partner } from './partner.ts';

/** What a partner's platform says of itself before anything else. */
export interface Platform {
  readonly version: OcpiDoorVersion;
  readonly endpoints: readonly PartnerEndpoint[];
  readonly credentialsUrl: string;
}

export type HandshakeFault = {
  readonly code: 'AWAY' | 'REFUSED' | 'VERSION_UNSUPPORTED' | 'ENDPOINTS_MISSING';
  readonly message: string;
};

const fault = (code: HandshakeFault['code'], message: string): Result<never, HandshakeFault> =>
  err({ code, message });

const MAX_ENDPOINTS = 60;

/** The data of an answer, checked. */
export const dataOf = <S extends z.ZodType>(
  outcome: OcpiOutcome,
  schema: S,
  what: string,
): Result<z.output<S>, HandshakeFault> => {
  if (outcome.kind !== 'ok')
    return fault(outcome.kind === 'away' ? 'AWAY' : 'REFUSED', `${what}: ${outcome.detail}`);
  const read = readObject(schema, outcome.data);
  return read.ok ? ok(read.value) : fault('AWAY', `${what}: ${read.error}`);
};

export interface Reach {
  readonly versionsUrl: string;
  readonly token: string;
  readonly tokenEncoding: Partner['tokenEncoding'];
}

/**
 * Reads a platform's versions and the details of one of them.
 * @param wanted the only one that will do; without it the newest that both speak
 */
export const readPlatform = async (
  asker: Asker,
  { versionsUrl, token, tokenEncoding }: Reach,
  timeoutMs: number,
  wanted?: OcpiDoorVersion,
): Promise<Result<Platform, HandshakeFault>> => {
  const get = (url: string): Promise<OcpiOutcome> =>
    asker.ask({ method: 'GET', url, token, tokenEncoding, timeoutMs });
  const versions = dataOf(await get(versionsUrl), versionList, 'versions');
  if (!versions.ok) return versions;
  const choices = wanted === undefined ? VERSIONS : [wanted];
  const version = choices.find((one) => versions.value.some((offered) => offered.version === one));
  const offered = versions.value.find((one) => one.version === version);
  if (version === undefined || offered === undefined)
    return fault('VERSION_UNSUPPORTED', `it does not speak ${choices.join(' or ')}`);
  const details = dataOf(await get(offered.url), versionDetails, `version ${version}`);
  if (!details.ok) return details;
  const endpoints = details.value.endpoints
    .slice(0, MAX_ENDPOINTS)
    .map(({ identifier, role, url }) => ({ module: identifier, role, url }));
  for (const { url } of endpoints) {
    const wrong = asker.judge(url);
    if (wrong !== undefined) return fault('REFUSED', `ADDRESS_REFUSED: ${url}: ${wrong}`);
  }
  // Both roles are written there: the module is the same for both.
  const credentialsUrl = endpoints.find((one) => one.module === 'credentials')?.url;
  return credentialsUrl === undefined
    ? fault('ENDPOINTS_MISSING', 'it has no credentials module')
    : ok({ version, endpoints, credentialsUrl });
};

/** The roles of credentials, as far as the operator let this partner have them: another's party is nobody's to take. */
export const rolesOf = (
  partner: Partner,
  credentials: Credentials,
): Result<readonly PartnerRole[], HandshakeFault> => {
  const roles = credentials.roles.map(({ role, country_code, party_id }) => ({
    role,
    country: country_code.toUpperCase(),
    party: party_id.toUpperCase(),
  }));
  const foreign = roles.find(({ country, party }) => !partner.parties.includes(partyKey(country, party)));
  return foreign === undefined
    ? ok(roles)
    : fault('REFUSED', `${foreign.country} ${foreign.party} is not a party that was agreed`);
};
