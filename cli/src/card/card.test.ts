import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Battery, memoryEndStore, memoryJournal, Outlet, serveReader, SimulatedBay } from '@roamgrid/station';
import { GatewayClient, systemClock } from '@roamgrid/station-kit';
import { EXIT_CODES } from '../exit-codes.ts';
import { cardCommand } from './command.ts';

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const identity = { stationId: 'st1', utilityId: 'USDUK', keyId: 'k1', key };

describe('roamgrid card', () => {
  const folder = mkdtempSync(join(tmpdir(), 'card-'));
  const path = join(folder, 'readers', 'm1.sock');
  const vehicle = () => new Battery({ capacityWh: 1_000n, initialWh: 0n, maxPowerW: 1_000n });
  const outlet = new Outlet({
    identity,
    meter: { meterId: 'm1', evseId: 'US*DUK*E1*1', gatewaySerial: 'g1', key },
    maxPowerW: 50_000n,
    // Nobody is there: what is tried here goes no further than the outlet.
    gateway: new GatewayClient('http://127.0.0.1:1', identity),
    clock: systemClock,
    journal: memoryJournal(),
    ends: memoryEndStore(),
    bay: new SimulatedBay({ maxPowerW: 50_000n, vehicle }),
  });
  let served: Awaited<ReturnType<typeof serveReader>>;
  before(async () => {
    served = await serveReader({ outlet, path });
  });
  after(async () => {
    await served.close();
    outlet.close();
    rmSync(folder, { recursive: true });
  });

  const rows: readonly (readonly [what: string, args: readonly string[], exit: number, screen: string])[] = [
    ['shows a wrong card as refused', ['USALPCE0012345X', '--reader', path], EXIT_CODES.refused, 'refused'],
    [
      'tells that a card cannot be read',
      ['--error', 'unreadable', '--reader', path],
      EXIT_CODES.ok,
      'welcome',
    ],
    ['wants a card or an error', ['--reader', path], EXIT_CODES.usage, 'welcome'],
    ['says when no station is there', ['x', '--reader', `${path}.none`], EXIT_CODES.fault, 'welcome'],
  ];
  for (const [what, args, exit, screen] of rows) {
    it(what, async () => {
      const exitBefore = process.exitCode;
      try {
        await cardCommand().parseAsync(args, { from: 'user' });
        assert.equal(process.exitCode, exit);
        assert.equal(outlet.state.screen, screen);
      } finally {
        process.exitCode = exitBefore;
        if (outlet.state.screen === 'refused') outlet.done();
      }
    });
  }
});
