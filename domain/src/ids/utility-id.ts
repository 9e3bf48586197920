import { defineId, type IdOf } from './define-id.ts';

/**
 * The routing key of a utility: country and party, `USALP`.
 * Spec: OCPI 2.2.1 §4 `country_code` + `party_id`; ISO 15118-1 Annex H country code + provider id.
 */
export const UtilityId = defineId(
  'UtilityId',
  /^[A-Z]{2}[A-Z0-9]{3}$/,
  'two letters of a country and three letters or digits of a party, like USALP',
);
export type UtilityId = IdOf<typeof UtilityId>;

/** Spec: OCPI 2.2.1 `country_code`, ISO 3166-1 alpha-2. */
export const countryOf = (utility: UtilityId): string => utility.slice(0, 2);

/** Spec: OCPI 2.2.1 `party_id`, ISO 15118 provider or operator id. */
export const partyOf = (utility: UtilityId): string => utility.slice(2);
