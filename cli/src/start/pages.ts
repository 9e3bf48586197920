import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { aliasOf, formatCin, parseCin } from '@roamgrid/domain';
import { startKiosk, type Clock } from '@roamgrid/station';
import { buildPage } from '@roamgrid/web';
import { scenarioReport, type ScenarioReport } from '@roamgrid/wire';
import express from 'express';
import helmet from 'helmet';
import { z } from 'zod';
import { DRIVER, CAR } from '../scenario/story.ts';
import { DUKE_ENERGY } from '../system/consortium.ts';
import { makeOutlet } from '../system/outlet.ts';
import type { LocalSystem } from '../system/system.ts';

export interface Pages {
  readonly overviewUrl: string;
  readonly kiosks: readonly { label: string; url: string }[];
  close(): Promise<void>;
}

const ENERGY_CHOICES_WH = [10_000n, 20_000n, 30_000n, 50_000n];

/** Serve the overview of a finished story and a kiosk for each of Duke Energy's outlets, on loopback. */
export async function servePages(
  system: LocalSystem,
  report: ScenarioReport,
  cin: string,
  clock: Clock,
  port: number,
): Promise<Pages> {
  const built = join(system.stateDir, 'pages');
  const [overviewFolder, kioskFolder] = await Promise.all([
    buildPage('overview', built),
    buildPage('kiosk', built),
  ]);
  const duke = system.utility(DUKE_ENERGY.utilityId);
  const stateDir = join(system.stateDir, 'stations');
  const kiosks: { label: string; url: string; close(): Promise<void> }[] = [];
  for (const station of DUKE_ENERGY.stations) {
    for (const definition of station.outlets) {
      const outlet = makeOutlet(duke, station, definition, system.keys, { clock, stateDir, vehicle: CAR });
      await outlet.recover();
      const kiosk = await startKiosk({
        outlet,
        pageFolder: kioskFolder,
        port: 0,
        info: {
          evseId: definition.evseId,
          stationName: station.name,
          operatorName: DUKE_ENERGY.name,
          timeZone: station.timeZone,
          simulatedCards: [{ label: `Alabama Power card of ${DRIVER.name}`, cin }],
          energyChoicesWh: ENERGY_CHOICES_WH,
        },
      });
      kiosks.push({
        label: `${station.name}, outlet ${definition.evseId} (${definition.maxPowerW / 1000n} kW)`,
        ...kiosk,
      });
    }
  }

  const links = { kiosks: kiosks.map(({ label, url }) => ({ label, url })) };
  const app = express();
  app.use(
    helmet({
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
      strictTransportSecurity: false,
    }),
  );
  app.get(
    '/overview/v1/report',
    (_request, response) => void response.json(z.encode(scenarioReport, report)),
  );
  app.get('/overview/v1/links', (_request, response) => void response.json(links));
  app.use(express.static(overviewFolder));
  const server = createServer(app);
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  return {
    overviewUrl: `http://localhost:${(server.address() as AddressInfo).port}`,
    kiosks: links.kiosks,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await Promise.all(kiosks.map((kiosk) => kiosk.close()));
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
