import { randomBytes } from 'node:crypto';
import {
  agreementTerms,
  operatorReceipt,
  sealBody,
  stationRecord,
  type AgreementTerms,
  type ContractName,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { UtilityDefinition } from './consortium.ts';
import { publicHalf, type KeyRing } from './key-ring.ts';
import type { Ask } from './ask.ts';
import type { RunningUtility } from './utility.ts';

const YEAR_MS = 365 * 86_400_000;

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

/** Register a utility: whose CINs it issues, where its AAA node is, which keys sign for it. */
export const registerUtility = (utility: RunningUtility, nowMs: number) =>
  tell(utility.operator, utility, 'consortium', 'registerUtility', {
    commandId: `register-${utility.definition.utilityId}`,
    utility: {
      utilityId: utility.definition.utilityId,
      name: utility.definition.name,
      oidcIssuer: utility.aaa.issuer,
      aaaUrl: utility.aaa.url,
      signingKeys: [publicHalf(utility.signingKey)],
      validUntilMs: nowMs + YEAR_MS,
      status: 'active',
    },
  });

/** Names of a station's keys in the ring. */
export const stationKeyName = (stationId: string) => `station-${stationId}`;
export const meterKeyName = (meterId: string) => `meter-${meterId}`;

/** Register a utility's stations with the keys of their signers and meters. */
export async function registerStations(
  utility: RunningUtility,
  definition: UtilityDefinition,
  keys: KeyRing,
): Promise<void> {
  for (const station of definition.stations) {
    const record = {
      stationId: station.stationId,
      utilityId: definition.utilityId,
      name: station.name,
      address: station.address,
      countryCode: definition.countryCode,
      timeZone: station.timeZone,
      evses: station.outlets.map(({ evseId, meterId, maxPowerW }) => ({
        evseId,
        meterId,
        meterKey: publicHalf(keys.key(meterKeyName(meterId))),
        maxPowerW,
      })),
      signingKey: publicHalf(keys.key(stationKeyName(station.stationId))),
      infrastructureProvider: `${definition.utilityId}-infrastructure`,
      status: 'active' as const,
    };
    await tell(utility.operator, utility, 'consortium', 'registerStation', {
      commandId: `register-${station.stationId}`,
      station: z.encode(stationRecord.omit({ type: true, version: true }), record),
    });
  }
}

/** A bilateral agreement: proposed by one, signed by the other. */
export async function agree(
  proposer: RunningUtility,
  signer: RunningUtility,
  terms: Omit<AgreementTerms, 'parties' | 'salt'>,
  validFromMs: number,
): Promise<AgreementTerms> {
  const parties = [proposer.definition.utilityId, signer.definition.utilityId].sort() as [string, string];
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
      parties,
      termsHash,
      validFromMs,
      validUntilMs: validFromMs + 2 * YEAR_MS,
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
