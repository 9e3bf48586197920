import { canonicalJson } from '@roamgrid/wire';
import { BOOKING, TERMS } from '../scenario/story.ts';
import type { Between } from '../system/between.ts';
import { foundConsortium, register } from '../system/admission.ts';
import { ALABAMA_POWER, DUKE_ENERGY, type UtilityDefinition } from '../system/consortium.ts';
import { openCustomer, passwordOf, setChargingRules } from '../system/customer.ts';
import { driverCaller, type DriverCaller } from '../system/driver-caller.ts';
import { agree, publishAndBind, registerStations } from '../system/register.ts';
import { startSystem, type LedgerChoice, type LocalSystem } from '../system/system.ts';
import type { RunningUtility, SystemTuning } from '../system/utility.ts';

const DAY_MS = 86_400_000;
export const EVSE_ID = 'US*DUK*EXEAL1';

/** The source's car park without network, at 0.32 USD a kWh (SECURE-5). */
export const CAR_PARK: UtilityDefinition = {
  ...DUKE_ENERGY,
  stations: [
    {
      stationId: 'DUK-XEAL-1',
      name: 'Deck, level −3',
      address: '1 Main Street, Durham',
      timeZone: 'America/New_York',
      outlets: [{ evseId: EVSE_ID, meterId: 'DUK-METER-X1', maxPowerW: 22_000n }],
    },
  ],
};

const TARIFF_JSON = canonicalJson({
  country_code: 'US',
  party_id: 'DUK',
  id: 'USDUK-DECK',
  currency: 'USD',
  elements: [{ price_components: [{ type: 'ENERGY', price: '0.32', step_size: 1 }] }],
  last_updated: '2026-01-01T00:00:00Z',
});

/** A customer of Alabama Power, signed in for his wallet. */
export interface OfflineCustomer {
  readonly customerId: string;
  readonly cin: string;
  readonly cinRef: string;
  readonly prove: DriverCaller;
}

/** Two utilities on their own ledger, and a car park of the one. */
export interface OfflineStage {
  readonly system: LocalSystem;
  readonly alabama: RunningUtility;
  readonly duke: RunningUtility;
  readonly channel: string;
  /** Origin of the home utility's interface for its customers. */
  readonly origin: string;
  /** How long the tariff stands. */
  readonly pricedUntilMs: number;
  /** By whose time its services live. */
  readonly nowMs: () => number;
  customer(login: string, creditLimitMicros: bigint): Promise<OfflineCustomer>;
}

/** The epoch of Alabama Power's tokens. */
export const EPOCH = 3;
const MOST_SESSION_MICROS = 20_000_000n;
/** How long offers hold in a simulated time. */
const PATIENCE_MS = 6 * 3_600_000;
/** Of the wall: nobody waits for a record in a simulated time. */
const BOOK_EVERY_MS = 200;

export interface StageOptions {
  /** The chargers' utility with its stations; one outlet of a car park when absent. */
  readonly park?: UtilityDefinition;
  /** How long the price there stands. */
  readonly pricedForMs?: number;
  /** A simulated time for the services and their ledger; the wall's when absent. */
  readonly nowMs?: () => number;
  /** How often records that wait for the ledger are looked at, of the wall. */
  readonly bookEveryMs?: number;
  readonly ledger?: LedgerChoice;
  /** On the way of connections to parts; nothing when absent. */
  readonly between?: Between;
  readonly logLevel?: SystemTuning['logLevel'];
  readonly progress?: (text: string) => void;
}

export const startOfflineStage = async (
  stateDir: string,
  {
    park = CAR_PARK,
    pricedForMs = 3 * DAY_MS,
    nowMs: simulatedMs,
    bookEveryMs = simulatedMs && BOOK_EVERY_MS,
    ledger = { kind: 'embedded' },
    logLevel = 'silent',
    between,
    progress = () => undefined,
  }: StageOptions = {},
): Promise<OfflineStage> => {
  const nowMs = simulatedMs ?? Date.now;
  const simulated = simulatedMs && { nowMs: simulatedMs, patienceMs: PATIENCE_MS, ledger: true as const };
  const system = await startSystem({
    ...{ stateDir, utilities: [ALABAMA_POWER, park], ledger, progress },
    ...(between && { between }),
    tuning: { logLevel, ...(simulated && { simulated }), ...(bookEveryMs !== undefined && { bookEveryMs }) },
  });
  const [alabama, duke] = [ALABAMA_POWER, park].map(({ utilityId }) => system.utility(utilityId));
  if (alabama === undefined || duke === undefined) throw new Error('two utilities were started');
  await foundConsortium([alabama, duke], nowMs());
  await register(alabama, nowMs(), { commandId: 'epoch', tokenEpoch: EPOCH });
  await registerStations(duke, park, system.keys);
  const startMs = nowMs() - DAY_MS;
  const agreed = { ...TERMS, booking: BOOKING, maxSessionMicros: MOST_SESSION_MICROS };
  const terms = await agree(duke, alabama, agreed, startMs);
  const pricedUntilMs = Math.floor(nowMs() / 1_000) * 1_000 + pricedForMs;
  const tariff = { tariffId: 'USDUK-DECK', tariffVersion: 1, tariffJson: TARIFF_JSON };
  await publishAndBind(duke, { ...tariff, validFromMs: startMs, validUntilMs: pricedUntilMs }, [terms]);
  await Promise.all([alabama, duke].map((utility) => setChargingRules(utility, startMs)));
  const origin = new URL(alabama.aaa.issuer).origin;
  const customer = async (login: string, creditLimitMicros: bigint): Promise<OfflineCustomer> => {
    const customerNumber = `${login.toUpperCase()}0001`;
    const made = await openCustomer(
      alabama,
      {
        ...{ name: login, login, loyalty: 'none', customerClass: 'residential' },
        ...{ creditLimitMicros, currency: 'USD', customerNumber },
      },
      system.keys,
    );
    const seat = {
      issuer: alabama.aaa.issuer,
      clientId: alabama.driverApp.clientId,
      redirectUri: `${alabama.driverApp.origin}/`,
      login,
      password: passwordOf(system.keys, login),
    };
    return { ...made, prove: await driverCaller(seat, 'openid offline booking', `${origin}/driver`) };
  };
  const { channel } = system.ledger.endpoint(ALABAMA_POWER.mspId);
  return { system, alabama, duke, channel, origin, pricedUntilMs, nowMs, customer };
};
