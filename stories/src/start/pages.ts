import { join } from 'node:path';
import { aliasOf, formatCin, parseCin } from '@roamgrid/domain';
import { serveReader, startKiosk, type SimulatedBay } from '@roamgrid/station';
import { buildPage } from '@roamgrid/web';
import { scenarioReport } from '@roamgrid/wire';
import { z } from 'zod';
import type { Clock } from '@roamgrid/station-kit';
import type { ServedBank } from '../bank/served-bank.ts';
import { CAR, PAYMENTS } from '../scenario/story.ts';
import { ALABAMA_POWER, DUKE_ENERGY } from '../system/consortium.ts';
import { makeOutlet } from '../system/outlet.ts';
import type { LocalSystem } from '../system/system.ts';
import type { ForecastDoor } from '../tariff/forecast-desk.ts';
import { startAuditorSite } from './auditor-site.ts';
import { watchBills } from './bill-watch.ts';
import { startDriverSite } from './driver-site.ts';
import { startOperationsSite } from './operations-site.ts';
import { watchPayments } from './payment-watch.ts';
import type { KeptStory } from './kept-story.ts';
import { tellPlaces } from './places.ts';
import { startSitePage, type SitePage } from './site-page.ts';
import { startSite } from './site.ts';
import { registerStreetStation, startStreet, type Street } from './street.ts';

export interface Link {
  readonly label: string;
  readonly url: string;
}

/** A kiosk, and the simulated hardware of its outlet. */
export interface KioskLink extends Link {
  /** Where its card reader connects. */
  readonly readerPath: string;
  readonly bay: SimulatedBay;
}

export interface Pages {
  readonly overviewUrl: string;
  readonly driverUrl: string;
  readonly auditorUrl: string;
  readonly operationsUrl: string;
  /** Of a simulated site. */
  readonly site: SitePage;
  readonly kiosks: readonly KioskLink[];
  /** Where a station of OCPP can connect. */
  readonly street: Street;
  /** The forecasting service behind the operations page. */
  readonly forecast: ForecastDoor;
  close(): Promise<void>;
}

const ENERGY_CHOICES_WH = [10_000n, 20_000n, 30_000n, 50_000n];

interface Closable {
  close(): Promise<void>;
}

async function startKiosks(
  system: LocalSystem,
  folder: string,
  clock: Clock,
): Promise<(KioskLink & Closable)[]> {
  const duke = system.utility(DUKE_ENERGY.utilityId);
  const stateDir = join(system.stateDir, 'stations');
  const kiosks: (KioskLink & Closable)[] = [];
  for (const station of DUKE_ENERGY.stations) {
    for (const definition of station.outlets) {
      const options = { clock, stateDir, vehicle: CAR };
      const { outlet, bay } = makeOutlet(duke, station, definition, system.keys, options);
      await outlet.recover();
      const readerPath = join(stateDir, 'readers', `${definition.meterId}.sock`);
      const reader = await serveReader({ outlet, path: readerPath });
      const kiosk = await startKiosk({
        outlet,
        pageFolder: folder,
        port: 0,
        info: {
          evseId: definition.evseId,
          stationName: station.name,
          operatorName: DUKE_ENERGY.name,
          timeZone: station.timeZone,
          energyChoicesWh: ENERGY_CHOICES_WH,
        },
      });
      kiosks.push({
        label: `${station.name}, outlet ${definition.evseId} (${definition.maxPowerW / 1000n} kW)`,
        url: kiosk.url,
        bay,
        readerPath,
        close: async () => {
          outlet.close();
          await Promise.all([kiosk.close(), reader.close()]);
        },
      });
    }
  }
  return kiosks;
}

/**
 * Serve every page of a finished story on loopback: the overview, a kiosk for each of Duke Energy's outlets, Alabama
 * Power's driver page, the auditor's page, the operations page and that of a site; and a door for a station that speaks OCPP. Before a page can take a swipe the ledger lives at the
 * wall's time, and so does the operations page: the notice of a tariff is a matter of real hours.
 * @param clock what stations charge by, which may be behind the wall's
 * @param weatherUrl a provider of weather for the load forecasts
 */
export async function servePages(
  system: LocalSystem,
  bank: ServedBank,
  { report, cin }: KeptStory,
  clock: Clock,
  port: number,
  weatherUrl?: string,
): Promise<Pages> {
  await registerStreetStation(system);
  await system.goLive();
  await tellPlaces(system);
  const built = join(system.stateDir, 'pages');
  const [overviewFolder, kioskFolder, driverFolder, auditorFolder, operationsFolder, siteFolder] =
    await Promise.all([
      buildPage('overview', built),
      buildPage('kiosk', built),
      buildPage('driver', built),
      buildPage('auditor', built),
      buildPage('operations', built),
      buildPage('site', built),
    ]);
  const [kiosks, street] = await Promise.all([
    startKiosks(system, kioskFolder, clock),
    startStreet(system, clock, cin),
  ]);
  const home = system.utility(ALABAMA_POWER.utilityId);
  const driver = await startDriverSite(home, driverFolder, [system.utility(DUKE_ENERGY.utilityId)]);
  const auditor = await startAuditorSite(system, auditorFolder, 0);
  const operations = await startOperationsSite(system, operationsFolder, street, weatherUrl);
  const site = await startSitePage(system, siteFolder);
  const payments = watchPayments(system, bank, PAYMENTS.pays);
  const bills = watchBills(
    home,
    report.bills
      .map(({ periodId }) => periodId)
      .sort()
      .at(-1) ?? '1970-01',
  );
  const links = {
    kiosks: kiosks.map(({ label, url }) => ({ label, url })),
    pages: [
      { label: `${ALABAMA_POWER.name}: the driver’s bill and bookings`, url: driver.url },
      { label: 'Auditor: every record, verified', url: auditor.url },
      { label: `${DUKE_ENERGY.name}: grid and tariff`, url: operations.url },
    ],
  };
  const overview = await startSite({
    folder: overviewFolder,
    port,
    ready: () => Promise.resolve(system.supervisor.checks()),
    routes: (app) => {
      const told = z.encode(scenarioReport, report);
      app.get('/overview/v1/report', (_request, response) => void response.json(told));
      app.get('/overview/v1/links', (_request, response) => void response.json(links));
    },
  });
  return {
    overviewUrl: overview.url,
    driverUrl: driver.url,
    auditorUrl: auditor.url,
    operationsUrl: operations.url,
    site,
    street,
    kiosks: kiosks.map(({ label, url, bay, readerPath }) => ({ label, url, bay, readerPath })),
    forecast: operations.forecast,
    close: async () => {
      await Promise.all([payments.stop(), bills.stop()]);
      await Promise.all([overview, driver, auditor, operations, site, ...kiosks].map((each) => each.close()));
    },
  };
}

/** How a driver may write the card's number: in groups, and as digits for the number pad when it has such a form. */
export function cardText(cin: string): string {
  const parsed = parseCin(cin);
  if (!parsed.ok) return cin;
  const alias = aliasOf(parsed.value);
  return `${formatCin(parsed.value)}${alias.ok ? ` (on a number pad: ${alias.value})` : ''}`;
}
