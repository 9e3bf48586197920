import { z } from 'zod';
import { displayText, owner, profileType, tokenTypeOf } from './common.ts';
import { ciString, closedEnum, dateTime, maybe, some, text, type OcpiDoorVersion } from './scalars.ts';

/** Spec: OCPI 2.2.1 mod_tokens LocationReferences. */
const locationReferences = z.looseObject({ location_id: ciString(36), evse_uids: some(ciString(36)) });

/** Spec: OCPI 2.2.1 and 2.3.0 mod_tokens. */
export const tokensOf = (version: OcpiDoorVersion) => {
  const token = z.looseObject({
    ...owner,
    uid: ciString(36),
    type: tokenTypeOf(version),
    contract_id: ciString(36),
    visual_number: maybe(text(64)),
    issuer: text(64),
    group_id: maybe(ciString(36)),
    valid: z.boolean(),
    whitelist: closedEnum('ALWAYS ALLOWED ALLOWED_OFFLINE NEVER'),
    language: maybe(text(2)),
    default_profile_type: maybe(profileType),
    energy_contract: maybe(z.looseObject({ supplier_name: text(64), contract_id: maybe(text(64)) })),
    last_updated: dateTime,
  });
  const authorizationInfo = z.looseObject({
    allowed: closedEnum('ALLOWED BLOCKED EXPIRED NO_CREDIT NOT_ALLOWED'),
    token,
    location: maybe(locationReferences),
    authorization_reference: maybe(ciString(36)),
    info: maybe(displayText),
  });
  return { token, authorizationInfo, locationReferences };
};

export type OcpiToken = z.output<ReturnType<typeof tokensOf>['token']>;
export type AuthorizationInfo = z.output<ReturnType<typeof tokensOf>['authorizationInfo']>;
export type LocationReferences = z.output<typeof locationReferences>;
