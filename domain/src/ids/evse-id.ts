import { unwrap } from '../result/index.ts';
import { defineId, type IdOf } from './define-id.ts';
import { UtilityId } from './utility-id.ts';

/**
 * One charging outlet: `US*DUK*E1234*1`, country, operator, `E`, outlet.
 * Spec: ISO 15118-1 Annex H EVSE id; eMI3 business objects. The separators are required: one outlet, one spelling.
 */
export const EvseId = defineId(
  'EvseId',
  /^[A-Z]{2}\*[A-Z0-9]{3}\*E[A-Z0-9][A-Z0-9*]{0,29}$/,
  'country, operator and outlet with stars between, like US*DUK*E1234*1',
);
export type EvseId = IdOf<typeof EvseId>;

/** The utility whose outlet it is. */
export const operatorOf = (evse: EvseId): UtilityId =>
  unwrap(UtilityId.parse(evse.slice(0, 2) + evse.slice(3, 6)));
