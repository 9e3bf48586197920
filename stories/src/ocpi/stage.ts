import { startOcpiDoor, type OcpiDoor } from '@roamgrid/ocpi';
import type { OcppDoor } from '@roamgrid/ocpp';
import { systemClock } from '@roamgrid/station-kit';
import { z } from 'zod';
import { DRIVER, TERMS } from '../scenario/story.ts';
import { foundConsortium } from '../system/admission.ts';
import { asker, type Ask } from '../system/ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY } from '../system/consortium.ts';
import { openCustomer, setChargingRules } from '../system/customer.ts';
import { emptyState } from '../system/empty-state.ts';
import { publicHalf } from '../system/key-ring.ts';
import { agree, publishAndBind } from '../system/register.ts';
import { startSystem, type LedgerChoice, type LocalSystem } from '../system/system.ts';
import type { RunningUtility, SystemTuning } from '../system/utility.ts';
import { GUEST, OUR_CHIP, PARTNER, PRICES, STREET, tariffTextOf } from './cast.ts';
import { skippingClock, type SkippingClock } from './skipping-clock.ts';
import { openStreet, registerSpokenFor, registerStreet } from './street.ts';

const DAY_MS = 86_400_000;
const PATIENCE_MS = 6 * 3_600_000;
/** The story lies so far behind us. */
const BEHIND_MS = 2 * 3_600_000;

export interface OcpiStoryOptions {
  /** Folder of the run; what an earlier run left there is removed. */
  readonly stateDir: string;
  readonly progress: (text: string) => void;
  readonly ledger: LedgerChoice;
  readonly logLevel: SystemTuning['logLevel'];
}

/** Two members with a door each: Duke Energy's to its street stations, Alabama Power's to a partner outside. */
export interface OcpiStage {
  readonly system: LocalSystem;
  readonly clock: SkippingClock;
  readonly alabama: RunningUtility;
  readonly duke: RunningUtility;
  readonly street: OcppDoor;
  readonly door: OcpiDoor;
  /** Asks Alabama Power's door as its operator. */
  readonly operate: Ask;
  /** A customer of Duke Energy's, with a chip. */
  readonly driver: { readonly cin: string };
  /** The customer that stands in for the partner's. */
  readonly standIn: { readonly customerId: string };
  readonly progress: (text: string) => void;
}

const openDoor = async (
  system: LocalSystem,
  alabama: RunningUtility,
  nowMs: () => number,
): Promise<OcpiDoor> => {
  const { partnersPort, definition } = alabama;
  const { utilityId, name } = definition;
  const { keys } = system;
  return startOcpiDoor(
    {
      ...{ utilityId, utilityName: name, plainTransport: true, logLevel: 'silent' },
      allowedNetworks: ['127.0.0.0/8', '::1'],
      database: { stateDir: system.stateDir, name: 'usalp_ocpi' },
      sealKey: keys.secret('usalp-ocpi-seal'),
      ...(partnersPort !== undefined && { listen: { port: partnersPort } }),
      trusted: [
        { iss: 'operator', role: 'operator', key: publicHalf(keys.key(`${utilityId}-operator`)) },
        { iss: 'aaa', role: 'aaa', key: publicHalf(keys.key(`${utilityId}-aaa`)) },
      ],
      times: { outbox: 100, feed: 200, firstRetry: 200, longestRetry: 2_000 },
      partnerStations: {
        gatewayUrl: alabama.gateway.url,
        outlets: [
          {
            ...{ partnerId: PARTNER.partnerId, locationId: GUEST.locationId, evseUid: GUEST.evseUid },
            ...{ stationId: GUEST.stationId, keyId: GUEST.stationId, key: keys.key(GUEST.stationId) },
            ...{ evseId: GUEST.evseId, maxPowerW: GUEST.maxPowerW.toString() },
            operatorMeter: { meterId: GUEST.registerId, key: keys.key(GUEST.registerId) },
          },
        ],
      },
      standIn: {
        ...{ gatewayUrl: alabama.gateway.url, aaaUrl: alabama.aaa.url },
        machineKey: keys.key(`${utilityId}-ocpi`),
      },
    },
    { nowMs },
  );
};

const setUp = async (system: LocalSystem, clock: SkippingClock, progress: OcpiStoryOptions['progress']) => {
  const alabama = system.utility(ALABAMA_POWER.utilityId);
  const duke = system.utility(DUKE_ENERGY.utilityId);
  const startMs = clock.nowMs();
  const sinceMs = startMs - DAY_MS;
  progress('two members, what they agreed on, and a street station of Duke Energy’s that speaks OCPP');
  await foundConsortium([alabama, duke], startMs);
  const { nowMs } = clock;
  await registerStreet(system, duke, STREET);
  const street = await openStreet(system, duke, STREET, { nowMs, clock: { ...systemClock, nowMs } });
  const terms = await agree(duke, alabama, TERMS, sinceMs);
  await registerSpokenFor(system, alabama, {
    ...{ group: 'g0', name: 'Quay of Rijnlaad', countryCode: 'US', timeZone: 'America/Chicago' },
    ...{ stationId: GUEST.stationId, evseId: GUEST.evseId, maxPowerW: GUEST.maxPowerW },
    ...{ meterId: GUEST.meterId, isSigning: false, registerId: GUEST.registerId },
  });
  const validity = { validFromMs: sinceMs, validUntilMs: startMs + DAY_MS };
  for (const utility of [alabama, duke]) {
    const { utilityId } = utility.definition;
    const tariffJson = tariffTextOf(utilityId, PRICES[utilityId as keyof typeof PRICES]);
    const tariff = { tariffId: `${utilityId}-FLAT`, tariffVersion: 1, tariffJson, ...validity };
    await publishAndBind(utility, tariff, [terms]);
    await setChargingRules(utility, sinceMs);
  }
  const driver = await openCustomer(duke, { ...DRIVER, loyalty: 'none' }, system.keys);
  const chips = `${duke.aaa.url}/operator/v1/cins/${driver.cinRef}/driver-tokens`;
  await duke.operator('POST', chips, { token: { type: 'rfid', value: OUR_CHIP } }, z.unknown());
  const standIn = await openCustomer(
    alabama,
    {
      ...{ name: 'Customers of Rijnlaad', login: 'rijnlaad', loyalty: 'none', customerClass: 'commercial' },
      ...{ creditLimitMicros: 5_000_000_000n, currency: 'USD', customerNumber: '0090001' },
    },
    system.keys,
  );
  const door = await openDoor(system, alabama, clock.nowMs);
  const operate = asker(
    ...([system.keys.key('USALP-operator'), 'operator', ALABAMA_POWER.utilityId, 'operator'] as const),
  );
  return { alabama, duke, street, door, operate, driver, standIn };
};

/** Starts both, has the story lived on them, and verifies the chain at its end. */
export const onOcpiStage = async <T>(
  { stateDir, progress, ledger, logLevel }: OcpiStoryOptions,
  live: (stage: OcpiStage) => Promise<T>,
): Promise<{ readonly told: T; readonly chain: 'verified' | 'broken' }> => {
  await emptyState(stateDir);
  const clock = skippingClock(BEHIND_MS);
  const system = await startSystem({
    stateDir,
    utilities: [ALABAMA_POWER, DUKE_ENERGY],
    ledger,
    tuning: {
      logLevel,
      withPartners: [ALABAMA_POWER.utilityId],
      simulated: { nowMs: clock.nowMs, patienceMs: PATIENCE_MS, ledger: true },
    },
    progress,
  });
  const closing: (() => Promise<void>)[] = [];
  try {
    const ready = await setUp(system, clock, progress);
    closing.push(
      () => ready.street.close(),
      () => ready.door.close(),
    );
    const told = await live({ system, clock, progress, ...ready });
    progress('verifying every block, signature and state again, from the files');
    const { verified } = await system.ledger.verify();
    return { told, chain: verified ? 'verified' : 'broken' };
  } finally {
    for (const close of closing) await close();
    await system.close();
  }
};
