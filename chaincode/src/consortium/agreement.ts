import {
  agreementRecord,
  agreementTerms,
  inForceAt,
  isBetween,
  overAtMs,
  signatoriesOf,
  stateKey,
  type AgreementRecord,
  type AgreementTerms,
  type UtilityRecord,
} from '@roamgrid/wire';
import { shares } from '@roamgrid/domain';
import { ensure, type Opened, type Transaction } from '../context/index.ts';
import { getUtility } from './registry.ts';

/** The two utilities that sign an agreement: its parties, or its one party and the witness. */
export type Signatories = readonly [UtilityRecord, UtilityRecord];

export const getAgreement = (tx: Transaction, agreementId: string): Promise<AgreementRecord> =>
  tx.getOften(agreementRecord, stateKey.agreement(agreementId));

export const mspIdsOf = (parties: readonly UtilityRecord[]): readonly string[] =>
  parties.map(({ mspId }) => mspId);

export const getSignatories = async (tx: Transaction, agreement: AgreementRecord): Promise<Signatories> => {
  const [one, other] = signatoriesOf(agreement);
  return [await getUtility(tx, one), await getUtility(tx, other)];
};

/** Transient `terms`, proven to be what the two parties signed: their hash is in the public record. */
export const openTerms = (tx: Transaction, agreement: AgreementRecord): AgreementTerms => {
  const terms = tx.transient(agreementTerms, 'terms');
  ensure(terms.hash === agreement.termsHash, 'HASH_MISMATCH', 'terms are not those of the agreement');
  return terms.value;
};

/** Rules that terms must keep to be signed at all. */
export const checkTerms = ({ value: terms }: Opened<AgreementTerms>): void => {
  const parts = shares(terms.shares);
  ensure(parts.ok, 'NOT_BALANCED', parts.ok ? '' : parts.error.message);
  ensure(
    terms.floorMicrosPerKWh <= terms.ceilingMicrosPerKWh,
    'INVALID_ARGUMENT',
    'terms: the floor is above the ceiling',
  );
  for (const [level, { minPpm, maxPpm }] of Object.entries(terms.adjustment)) {
    ensure(
      -1_000_000n <= minPpm && minPpm <= maxPpm,
      'INVALID_ARGUMENT',
      `terms.adjustment.${level}: needs -1000000 ≤ minPpm ≤ maxPpm`,
    );
  }
};

/** Who sells and who pays, as a command states the pair. */
export interface Pair {
  readonly vun: string;
  readonly hun: string;
  readonly agreementId: string;
}

/** An agreement seen from one direction. */
export interface Dealing {
  readonly agreement: AgreementRecord;
  readonly vun: UtilityRecord;
  readonly hun: UtilityRecord;
  /** Organisations that must both endorse. */
  readonly endorsers: readonly string[];
  /** Organisations that keep the private bodies: a witness sees them when it endorses, and keeps none. */
  readonly holders: readonly string[];
}

/** The agreement that a pair signed, though it be over: what was opened under it must come to an end. */
export const getDealing = async (tx: Transaction, { vun, hun, agreementId }: Pair): Promise<Dealing> => {
  const agreement = await getAgreement(tx, agreementId);
  ensure(
    isBetween(agreement, vun, hun),
    'OUTSIDE_AGREEMENT',
    `${vun} and ${hun} are not the parties of ${agreementId}`,
  );
  ensure(
    agreement.state === 'active',
    'WRONG_STATE',
    `agreement ${agreementId} is ${agreement.state}: nothing is recorded under what both have not signed`,
  );
  const parties = { vun: await getUtility(tx, vun), hun: await getUtility(tx, hun) };
  const holders = [...new Set(mspIdsOf([parties.vun, parties.hun]))];
  if (vun !== hun) return { agreement, ...parties, endorsers: holders, holders };
  return { agreement, ...parties, endorsers: mspIdsOf(await getSignatories(tx, agreement)), holders };
};

/** Stages private bodies of a dealing for those who keep them; all its endorsers are needed, also one who keeps none. */
export const putBodies = (
  tx: Transaction,
  { endorsers, holders }: Dealing,
  bodies: readonly (readonly [key: string, text: string])[],
): void => {
  for (const [key, text] of bodies) tx.putPrivate(holders, key, text);
  if (holders.length < endorsers.length) tx.endorseBy(endorsers);
};

/** Refuses an agreement under which nothing new may start at an instant. */
export const requireInForce = (agreement: AgreementRecord, atMs: number): void => {
  ensure(
    agreement.state === 'active',
    'WRONG_STATE',
    `agreement ${agreement.agreementId} is ${agreement.state}, not active`,
  );
  ensure(
    inForceAt(agreement, atMs),
    'EXPIRED',
    `agreement ${agreement.agreementId} is in force from ${agreement.validFromMs} until ${overAtMs(agreement)}, not at ${atMs}`,
  );
};
