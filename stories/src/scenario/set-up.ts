import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, type AgreementTerms, type JsonValue } from '@roamgrid/wire';
import { urdbFile, urdbToOcpi } from '@roamgrid/tariff-service';
import { openCustomer, setChargingRules } from '../system/customer.ts';
import { tellHour } from '../system/feeding-clock.ts';
import { moveToNow, readDemand, recordDemand, type HourlyDemand } from '../system/grid-demand.ts';
import { foundConsortium } from '../system/admission.ts';
import { agree, publishAndBind, registerStations } from '../system/register.ts';
import type { LocalSystem } from '../system/system.ts';
import { ALABAMA_POWER, DUKE_ENERGY, UTILITIES, type UtilityDefinition } from '../system/consortium.ts';
import { ADAPTATION, AREA_ID, BOOKING, DRIVER, LIVE_AREA_ID, TARIFF, TERMS } from './story.ts';

const DATA = join(import.meta.dirname, '..', '..', '..', 'data');
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const HOURS_OF_DEMAND = 7 * 24;
/** Hours that had been told live when the story begins. */
const LIVE_HOURS = 3;
/** The story is over well before that. */
const STORY_HOURS = 24;

/** What the set-up leaves for the story to use. */
export interface Stage {
  readonly cin: string;
  readonly customerId: string;
  readonly terms: AgreementTerms;
  /** The recorded week. */
  readonly demand: readonly HourlyDemand[];
  /** The hours that the story lives through, for the grid operator to tell as they come. */
  readonly hoursToCome: readonly HourlyDemand[];
}

function tariffJson(firstMonth: string, lastUpdated: string): string {
  const file = urdbFile.parse(JSON.parse(readFileSync(join(DATA, 'tariffs', TARIFF.file), 'utf8')));
  const [rate] = file.items;
  if (!rate) throw new Error(`${TARIFF.file} holds no rate`);
  const tariff = urdbToOcpi(rate, {
    tariffId: TARIFF.tariffId,
    countryCode: DUKE_ENERGY.countryCode,
    partyId: DUKE_ENERGY.utilityId.slice(2),
    currency: 'USD',
    firstMonth,
    months: 12,
    vatPercent: TARIFF.vatPercent,
    lastUpdated,
  });
  return canonicalJson(tariff as unknown as JsonValue);
}

/** Register everyone and everything that the story needs; each step is a transaction on the ledger or a row at home. */
export async function setUp(
  system: LocalSystem,
  startMs: number,
  progress: (text: string) => void,
  members: readonly Pick<UtilityDefinition, 'utilityId'>[] = UTILITIES,
  changes: Partial<AgreementTerms> = {},
): Promise<Stage> {
  const alabama = system.utility(ALABAMA_POWER.utilityId);
  const duke = system.utility(DUKE_ENERGY.utilityId);
  progress('registering the utilities, their keys and Duke Energy’s station');
  await foundConsortium(
    members.map(({ utilityId }) => system.utility(utilityId)),
    Date.now(),
  );
  await registerStations(duke, DUKE_ENERGY, system.keys);

  progress('Duke Energy proposes a roaming agreement, Alabama Power signs it');
  const terms = await agree(
    duke,
    alabama,
    { ...TERMS, booking: BOOKING, adaptation: ADAPTATION, ...changes },
    startMs - DAY_MS,
  );

  const start = new Date(startMs);
  progress(
    `publishing a tariff made from a real time-of-use rate (${TARIFF.file}) and binding it inside the agreement`,
  );
  const publication = {
    tariffId: TARIFF.tariffId,
    tariffVersion: 1,
    tariffJson: tariffJson(start.toISOString().slice(0, 7), start.toISOString().replace(/\.\d+Z$/, 'Z')),
    validFromMs: startMs - DAY_MS,
    validUntilMs: startMs + 300 * DAY_MS,
  };
  await publishAndBind(duke, publication, [terms]);

  progress('the grid operator records a week of Duke Energy Carolinas’ demand (EIA-930)');
  const series = readDemand(readFileSync(join(DATA, 'grid-load', 'eia_DUK_2018-07_2019-06.csv')));
  const demand = moveToNow(series, startMs, HOURS_OF_DEMAND);
  await recordDemand(duke, AREA_ID, demand);
  for (const { atMs, demandW } of demand.filter((each) => each.atMs + HOUR_MS <= startMs).slice(-LIVE_HOURS))
    await tellHour(duke, LIVE_AREA_ID, atMs + HOUR_MS, demandW);
  const hoursToCome = moveToNow(series, startMs + STORY_HOURS * HOUR_MS, HOURS_OF_DEMAND);

  progress('Alabama Power puts its charging rules in force and opens a gold customer with a CIN card');
  for (const { utilityId } of members) await setChargingRules(system.utility(utilityId), startMs - DAY_MS);
  const { cin, customerId } = await openCustomer(alabama, DRIVER, system.keys);
  return { cin, customerId, terms, demand, hoursToCome };
}
