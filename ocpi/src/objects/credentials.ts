import { z } from 'zod';
import { businessDetailsOf, owner, role } from './common.ts';
import { ciString, many, maybe, url, type OcpiDoorVersion } from './scalars.ts';

/** Spec: OCPI 2.2.1 credentials: printable, without spaces. */
export const credentialsToken = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\x21-\x7e]+$/, 'printable, without spaces');

/** Spec: OCPI 2.2.1 and 2.3.0 credentials. */
export const credentialsOf = (version: OcpiDoorVersion) => ({
  credentials: z.looseObject({
    token: credentialsToken,
    url,
    hub_party_id: maybe(ciString(5)), // 2.3.0
    roles: many(z.looseObject({ ...owner, role, business_details: businessDetailsOf(version) })),
  }),
});
export type Credentials = z.output<ReturnType<typeof credentialsOf>['credentials']>;

/** Spec: OCPI 2.2.1 version_information_endpoint. */
export const versionList = many(z.looseObject({ version: z.string().max(20), url }));
export const versionDetails = z.looseObject({
  version: z.string().max(20),
  endpoints: many(
    z.looseObject({ identifier: z.string().max(50), role: z.enum(['SENDER', 'RECEIVER']), url }),
  ),
});
export type VersionDetails = z.output<typeof versionDetails>;
