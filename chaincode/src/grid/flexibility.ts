import {
  flexDayBody,
  flexDayRecord,
  flexHouseBody,
  flexHouseRecord,
  stateKey,
  type AgreementTerms,
  type FlexDayBody,
  type FlexHouseBody,
} from '@roamgrid/wire';
import type { FlexibilityTerms } from '@roamgrid/domain/flexibility';
import type { Dealing, Pair } from '../consortium/agreement.ts';
import { ensure, parseJson, refuse, requireMember, type Opened, type Transaction } from '../context/index.ts';
import { open } from '../context/parse.ts';
import { requireActive } from '../consortium/registry.ts';

/** What verbs about houses' flexibility share. */

/** Refuses who acts for neither party. */
export const requireParty = (
  tx: Transaction,
  { vun, hun }: Dealing,
  roles: Parameters<typeof requireMember>[2],
): void => {
  const own = tx.caller.mspId === hun.mspId ? hun : vun;
  requireMember(tx.caller, own, roles);
  requireActive(tx, own);
};

export const flexibilityOf = ({ flexibility }: AgreementTerms): FlexibilityTerms =>
  flexibility ?? refuse('OUTSIDE_AGREEMENT', 'the terms say nothing of what houses are paid');

export interface NamedHouse extends Pair {
  readonly houseId: string;
}

export const isOfPair = (one: Pair, { vun, hun, agreementId }: Pair): boolean =>
  one.vun === vun && one.hun === hun && one.agreementId === agreementId;

/** Transient `house`, proven to be what both endorsed when it was enrolled. */
export const openHouse = async (tx: Transaction, named: NamedHouse): Promise<FlexHouseBody> => {
  const { houseId } = named;
  const record = await tx.get(flexHouseRecord, stateKey.flexHouse(houseId));
  ensure(isOfPair(record, named), 'INVALID_ARGUMENT', `house ${houseId} is of another pair or agreement`);
  const { value, hash } = tx.transient(flexHouseBody, 'house');
  ensure(
    hash === record.bodyHash,
    'HASH_MISMATCH',
    `what travels of house ${houseId} is not what was enrolled`,
  );
  return value;
};

/** A day's body that travels, proven to be what was recorded. */
export const requireRecordedDay = async (
  tx: Transaction,
  houseId: string,
  { value, hash }: Opened<FlexDayBody>,
): Promise<FlexDayBody> => {
  const record = await tx.get(flexDayRecord, stateKey.flexDay(houseId, value.dayMs));
  ensure(value.houseId === houseId, 'INVALID_ARGUMENT', `the day at ${value.dayMs} is of another house`);
  ensure(
    hash === record.bodyHash,
    'HASH_MISMATCH',
    `what travels of the day at ${value.dayMs} is not what was recorded of ${houseId}`,
  );
  return value;
};

/** Packed texts of days. */
export const openDays = (
  texts: readonly string[],
): readonly (Opened<FlexDayBody> & { readonly at: number })[] =>
  texts.map((text, at) => ({
    ...open(flexDayBody, parseJson(text, `days.${at}`), `days.${at}`),
    at,
  }));
