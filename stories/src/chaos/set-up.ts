import { canonicalJson } from '@roamgrid/wire';
import { foundConsortium } from '../system/admission.ts';
import { openCustomer, setChargingRules } from '../system/customer.ts';
import { agree, publishAndBind, registerStations } from '../system/register.ts';
import type { LocalSystem } from '../system/system.ts';
import { TERMS } from '../scenario/story.ts';
import type { Ground } from './books.ts';
import { CHAOS_UTILITIES, CUSTOMERS } from './cast.ts';

const DAY_MS = 86_400_000;
export const CURRENCY = 'USD';
/** For what is asked for at the power of hours that pass in seconds. */
const LIMITS = { maxSessionMicros: 1_000_000_000n, exposureLimitMicros: 100_000_000_000n };
const LOYALTIES = ['none', 'gold', 'diamond', 'platinum'] as const;

const tariffOf = (utilityId: string) => ({
  country_code: 'US',
  party_id: utilityId.slice(2),
  id: `${utilityId}-DAY-NIGHT`,
  currency: CURRENCY,
  elements: [
    {
      price_components: [{ type: 'ENERGY', price: 0.23, vat: 7, step_size: 1 }],
      restrictions: { start_time: '22:00', end_time: '07:00' },
    },
    { price_components: [{ type: 'ENERGY', price: 0.31, vat: 7, step_size: 1 }] },
  ],
  last_updated: '2026-01-01T00:00:00Z',
});

export interface ChaosStage {
  /** Cards of each utility's customers. */
  readonly cins: ReadonlyMap<string, readonly string[]>;
  /** By what a visited utility's sessions are priced. */
  readonly grounds: ReadonlyMap<string, Ground>;
}

/** Registers both utilities, their stations, tariffs and agreement, and opens customers at both. */
export async function setUpChaos(
  system: LocalSystem,
  nowMs: number,
  progress: (text: string) => void,
): Promise<ChaosStage> {
  progress('registering two utilities with their stations, and what they agreed on');
  const utilities = CHAOS_UTILITIES.map(({ utilityId }) => system.utility(utilityId));
  const [proposer, signer] = utilities;
  if (proposer === undefined || signer === undefined) throw new Error('two utilities agree');
  await foundConsortium(utilities, nowMs);
  for (const [at, utility] of utilities.entries()) {
    const definition = CHAOS_UTILITIES[at];
    if (definition !== undefined) await registerStations(utility, definition, system.keys);
  }
  const sinceMs = nowMs - DAY_MS;
  const terms = await agree(proposer, signer, { ...TERMS, agreementId: 'CHAOS-1', ...LIMITS }, sinceMs);
  const grounds = new Map<string, Ground>();
  const cins = new Map<string, readonly string[]>();
  for (const utility of utilities) {
    const { utilityId } = utility.definition;
    const tariffJson = canonicalJson(tariffOf(utilityId));
    await publishAndBind(
      utility,
      {
        tariffId: `${utilityId}-DAY-NIGHT`,
        tariffVersion: 1,
        tariffJson,
        validFromMs: sinceMs,
        validUntilMs: nowMs + 300 * DAY_MS,
      },
      [terms],
    );
    grounds.set(utilityId, { tariffJson, terms });
    await setChargingRules(utility, sinceMs);
    const own: string[] = [];
    for (let i = 0; i < CUSTOMERS; i += 1) {
      const customer = {
        name: `Driver ${i}`,
        login: `driver-${utilityId.toLowerCase()}-${i}`,
        loyalty: LOYALTIES[i % LOYALTIES.length] ?? 'none',
        customerClass: 'residential' as const,
        creditLimitMicros: 100_000_000_000n,
        currency: CURRENCY,
        customerNumber: i.toString().padStart(7, '0'),
      };
      own.push((await openCustomer(utility, customer, system.keys)).cin);
    }
    cins.set(utilityId, own);
  }
  return { cins, grounds };
}
