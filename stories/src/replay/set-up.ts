import { canonicalJson, type AgreementTerms } from '@roamgrid/wire';
import { openCustomer, setChargingRules } from '../system/customer.ts';
import { foundConsortium } from '../system/admission.ts';
import { agree, publishAndBind, registerStations } from '../system/register.ts';
import type { LocalSystem } from '../system/system.ts';
import { TERMS } from '../scenario/story.ts';
import type { UtilityDefinition } from '../system/consortium.ts';

const DAY_MS = 86_400_000;
export const CURRENCY = 'GBP';

/** Day and night energy price with value added tax: what a tariff file replaces. */
export const DEFAULT_TARIFF = {
  country_code: 'GB',
  party_id: 'PKC',
  id: 'GBPKC-DAY-NIGHT',
  currency: CURRENCY,
  elements: [
    {
      price_components: [{ type: 'ENERGY', price: 0.22, vat: 20, step_size: 1 }],
      restrictions: { start_time: '22:00', end_time: '07:00' },
    },
    { price_components: [{ type: 'ENERGY', price: 0.31, vat: 20, step_size: 1 }] },
  ],
  last_updated: '2017-10-01T00:00:00Z',
};

/** Register the utilities, agreements, tariff and customers of a replay; returns the CINs, which take turns. */
export async function setUpReplay(
  system: LocalSystem,
  visited: UtilityDefinition,
  homes: readonly UtilityDefinition[],
  startMs: number,
  customersPerHome: number,
  progress: (text: string) => void,
): Promise<string[]> {
  const host = system.utility(visited.utilityId);
  progress(
    `registering ${visited.name} with ${visited.stations.length} stations, and ${homes.length} home utilities`,
  );
  const members = [visited, ...homes].map(({ utilityId }) => system.utility(utilityId));
  await foundConsortium(members, Date.now());
  await registerStations(host, visited, system.keys);
  const terms: AgreementTerms[] = [];
  for (const { utilityId } of homes) {
    const agreement = {
      ...TERMS,
      agreementId: `${visited.utilityId}-${utilityId}-1`,
      currency: CURRENCY,
      cdrBoundMs: 366 * DAY_MS,
      exposureLimitMicros: 1_000_000_000n,
    };
    terms.push(await agree(host, system.utility(utilityId), agreement, startMs - DAY_MS));
  }
  const publication = {
    tariffId: DEFAULT_TARIFF.id,
    tariffVersion: 1,
    tariffJson: canonicalJson(DEFAULT_TARIFF),
    validFromMs: startMs - DAY_MS,
    validUntilMs: startMs + 366 * DAY_MS,
  };
  await publishAndBind(host, publication, terms);

  progress(`opening ${customersPerHome} customers at each home utility`);
  for (const { utilityId } of [visited, ...homes])
    await setChargingRules(system.utility(utilityId), startMs - DAY_MS);
  const cins: string[] = [];
  for (let i = 0; i < customersPerHome; i += 1) {
    for (const { utilityId } of homes) {
      const customer = {
        name: `Driver ${i}`,
        login: `driver-${utilityId.toLowerCase()}-${i}`,
        loyalty: (['none', 'gold', 'diamond', 'platinum'] as const)[i % 4] ?? 'none',
        customerClass: 'residential' as const,
        creditLimitMicros: 100_000_000_000n,
        currency: CURRENCY,
        customerNumber: i.toString().padStart(7, '0'),
      };
      cins.push((await openCustomer(system.utility(utilityId), customer, system.keys)).cin);
    }
  }
  return cins;
}
