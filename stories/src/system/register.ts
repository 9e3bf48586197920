import { randomBytes } from 'node:crypto';
import {
  agreementTerms,
  operatorReceipt,
  sealBody,
  stationRegistration,
  type AgreementTerms,
  type ContractName,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { UtilityDefinition } from './consortium.ts';
import { publicHalf, type KeyRing } from './key-ring.ts';
import type { Ask } from './ask.ts';
import type { RunningUtility } from './utility.ts';

const YEAR_MS = 365 * 86_400_000;
/** A week in which the other party still serves those who are on their way. */
const END_NOTICE_MS = 7 * 86_400_000;

/** Let a utility's person write to the ledger through its gateway. */
export function tell(
  by: Ask,
  utility: RunningUtility,
  contract: ContractName,
  transaction: string,
  command: Record<string, unknown>,
  transient?: Record<string, unknown>,
) {
  const url = `${utility.gateway.url}/operator/v1/commands/${contract}/${transaction}`;
  return by('POST', url, { command, ...(transient === undefined ? {} : { transient }) }, operatorReceipt);
}

/** Names of a station's keys in the ring. */
export const stationKeyName = (stationId: string) => `station-${stationId}`;
export const meterKeyName = (meterId: string) => `meter-${meterId}`;

/** Who owns a utility's stations. */
export const providerOf = (utilityId: string): string => `${utilityId}-infrastructure`;

/** How many groups a utility's stations are spread over; each group settles its sessions for itself. */
const GROUPS = 4;

/** Register a utility's stations with the keys of their signers and meters. */
export async function registerStations(
  utility: RunningUtility,
  definition: UtilityDefinition,
  keys: KeyRing,
): Promise<void> {
  for (const [at, station] of definition.stations.entries()) {
    const record = {
      stationId: station.stationId,
      utilityId: definition.utilityId,
      group: `g${at % GROUPS}`,
      name: station.name,
      address: station.address,
      countryCode: definition.countryCode,
      timeZone: station.timeZone,
      ...(station.placeId !== undefined && { placeId: station.placeId }),
      evses: station.outlets.map(({ evseId, meterId, maxPowerW }) => ({
        evseId,
        meterId,
        meterKey: publicHalf(keys.key(meterKeyName(meterId))),
        maxPowerW,
      })),
      signingKey: publicHalf(keys.key(stationKeyName(station.stationId))),
      infrastructureProvider: providerOf(definition.utilityId),
      status: 'active' as const,
    };
    await tell(utility.operator, utility, 'consortium', 'registerStation', {
      commandId: `register-${station.stationId}`,
      station: z.encode(stationRegistration, record),
    });
  }
}

type OwnTerms = Omit<AgreementTerms, 'parties' | 'salt'>;

/** A bilateral agreement: proposed by one, signed by the other. */
export const agree = (
  proposer: RunningUtility,
  signer: RunningUtility,
  terms: OwnTerms,
  validFromMs: number,
): Promise<AgreementTerms> => {
  const parties = [proposer.definition.utilityId, signer.definition.utilityId].sort() as [string, string];
  return proposeAndSign(proposer, signer, { parties }, terms, validFromMs);
};

/** What holds for a utility's own customers at its own stations: signed by another utility as the witness. */
export const agreeWithItself = (
  utility: RunningUtility,
  witness: RunningUtility,
  terms: OwnTerms,
  validFromMs: number,
): Promise<AgreementTerms> => {
  const { utilityId } = utility.definition;
  const between = {
    parties: [utilityId, utilityId] as [string, string],
    witness: witness.definition.utilityId,
  };
  return proposeAndSign(utility, witness, between, terms, validFromMs);
};

async function proposeAndSign(
  proposer: RunningUtility,
  signer: RunningUtility,
  between: { readonly parties: [string, string]; readonly witness?: string },
  terms: OwnTerms,
  validFromMs: number,
): Promise<AgreementTerms> {
  const { parties } = between;
  const whole: AgreementTerms = { ...terms, parties, salt: randomBytes(32).toString('hex') };
  const { agreementId } = terms;
  const { hash: termsHash } = sealBody(agreementTerms, whole);
  await tell(
    proposer.operator,
    proposer,
    'consortium',
    'proposeAgreement',
    {
      commandId: `propose-${agreementId}`,
      agreementId,
      ...between,
      termsHash,
      validFromMs,
      validUntilMs: validFromMs + 2 * YEAR_MS,
      endNoticeMs: END_NOTICE_MS,
    },
    { terms: z.encode(agreementTerms, whole) },
  );
  await tell(signer.operator, signer, 'consortium', 'signAgreement', {
    commandId: `sign-${agreementId}`,
    agreementId,
    version: 1,
    termsHash,
  });
  return whole;
}

export interface Publication {
  readonly tariffId: string;
  readonly tariffVersion: number;
  /** Canonical JSON of an OCPI tariff. */
  readonly tariffJson: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
}

/** Publish a tariff version and bind it under an agreement, whose limits the contract checks. */
export async function publishAndBind(
  utility: RunningUtility,
  publication: Publication,
  terms: readonly AgreementTerms[],
): Promise<void> {
  const { tariffId, tariffVersion: version, ...rest } = publication;
  await tell(utility.operator, utility, 'tariff', 'publish', {
    commandId: `publish-${tariffId}-${version}`,
    tariff: { version, tariffId, utilityId: utility.definition.utilityId, ...rest },
  });
  for (const each of terms) {
    await tell(
      utility.operator,
      utility,
      'tariff',
      'bind',
      {
        commandId: `bind-${each.agreementId}-${tariffId}-${version}`,
        agreementId: each.agreementId,
        tariffId,
        tariffVersion: version,
      },
      { terms: z.encode(agreementTerms, each) },
    );
  }
}
