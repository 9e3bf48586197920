import { canonicalJson } from '@roamgrid/wire';
import { BOOKING, TERMS } from '../../scenario/story.ts';
import { foundConsortium, register } from '../../system/admission.ts';
import { ALABAMA_POWER, DUKE_ENERGY, type UtilityDefinition } from '../../system/consortium.ts';
import { openCustomer, passwordOf, setChargingRules } from '../../system/customer.ts';
import { driverCaller, type DriverCaller } from '../../system/driver-caller.ts';
import { agree, publishAndBind, registerStations } from '../../system/register.ts';
import { startSystem, type LocalSystem } from '../../system/system.ts';
import type { RunningUtility } from '../../system/utility.ts';

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
  customer(login: string, creditLimitMicros: bigint): Promise<OfflineCustomer>;
}

/** The epoch of Alabama Power's tokens. */
export const EPOCH = 3;
const MOST_SESSION_MICROS = 20_000_000n;

export const startOfflineStage = async (stateDir: string): Promise<OfflineStage> => {
  const system = await startSystem({
    stateDir,
    utilities: [ALABAMA_POWER, CAR_PARK],
    ledger: { kind: 'embedded' },
    tuning: { logLevel: 'silent' },
    progress: () => undefined,
  });
  const [alabama, duke] = [ALABAMA_POWER, CAR_PARK].map(({ utilityId }) => system.utility(utilityId));
  if (alabama === undefined || duke === undefined) throw new Error('two utilities were started');
  await foundConsortium([alabama, duke], Date.now());
  await register(alabama, Date.now(), { commandId: 'epoch', tokenEpoch: EPOCH });
  await registerStations(duke, CAR_PARK, system.keys);
  const startMs = Date.now() - DAY_MS;
  const agreed = { ...TERMS, booking: BOOKING, maxSessionMicros: MOST_SESSION_MICROS };
  const terms = await agree(duke, alabama, agreed, startMs);
  const pricedUntilMs = Math.floor(Date.now() / 1_000) * 1_000 + 3 * DAY_MS;
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
    return { ...made, prove: await driverCaller(seat, 'openid offline', `${origin}/driver`) };
  };
  const { channel } = system.ledger.endpoint(ALABAMA_POWER.mspId);
  return { system, alabama, duke, channel, origin, pricedUntilMs, customer };
};
