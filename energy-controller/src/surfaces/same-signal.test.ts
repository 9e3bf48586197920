import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createLogger } from '@roamgrid/service-kit';
import type { EnergySignal } from '@roamgrid/wire';
import { capsOf } from '../hems/told-world.ts';
import type { SignalBook } from '../signals/signal-book.ts';
import { NOW, startStage } from '../stage/stage.ts';
import { CoapCaller } from './emap/coap-caller.fixture.ts';
import type { EmapPeer } from './emap/proof.ts';
import { startEmap } from './emap/server.ts';
import { Ven, venConfig } from './openadr/ven/ven.ts';
import { VTN_PATH } from './openadr/vtn/vtn.ts';

const HOUR_MS = 3_600_000;
const START = NOW + HOUR_MS;
const secret = randomBytes(32).toString('hex');

describe('one demand-response event, by each surface', function () {
  this.timeout(60_000);

  it('is the same signal to the house, and so the same to its plan', async () => {
    const stage = await startStage({
      ...{ nodes: [{ nodeId: 'site', kind: 'connection' }], loads: [] },
      controller: {
        openadr: {
          clients: [
            { clientId: 'utility', secret, role: 'business-logic' },
            { clientId: 'house', secret, role: 'ven' },
          ],
        },
      },
    });
    const book = stage.controller.signals.get('s1') as SignalBook;
    const log = createLogger('surfaces', { level: 'silent' });
    const peer: EmapPeer = { peerId: 'utility', may: 'tell', key: randomBytes(32).toString('base64url') };
    const house = { book, nowMs: stage.nowMs, log };
    const emap = await startEmap(
      { host: '127.0.0.1', port: 0, peers: [peer] },
      { ...house, der: () => ({}) },
      log,
    );
    const caller = new CoapCaller(emap.port, peer, stage.nowMs);
    try {
      const event = { version: 1, startMs: START, endMs: START + HOUR_MS, capW: '3000' };
      await stage.ask('PUT', '/operator/v1/sites/s1/signals/e-1', { kind: 'dr-event', ...event });
      await caller.put('/emap/dr/e-1', event);
      const vtnUrl = stage.controller.url + VTN_PATH;
      const given = await fetch(`${vtnUrl}/auth/token`, {
        method: 'POST',
        body: new URLSearchParams({
          ...{ grant_type: 'client_credentials', client_id: 'utility', client_secret: secret },
        }),
      });
      const { access_token: token } = (await given.json()) as { access_token: string };
      const make = async (path: string, body: object): Promise<string> => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const answer = await fetch(vtnUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
        return ((await answer.json()) as { id: string }).id;
      };
      const programID = await make('/programs', { programName: 'limits' });
      await make('/events', {
        programID,
        intervalPeriod: { start: new Date(START).toISOString(), duration: 'PT1H' },
        intervals: [{ id: 0, payloads: [{ type: 'IMPORT_CAPACITY_LIMIT', values: [3] }] }],
      });
      const config = venConfig.parse({
        ...{ vtnUrl, clientId: 'house', clientSecret: secret, venName: 'house', currency: 'USD' },
      });
      await new Ven({ ...house, config, takenMilliWh: () => Promise.resolve(undefined) }).look();
      const signals = book.all(stage.nowMs());
      const said = signals.map(
        ({ signalId: _id, version: _version, by: _by, ...what }: EnergySignal) => what,
      );
      const one = { kind: 'dr-event', startMs: START, endMs: START + HOUR_MS, capW: 3_000n };
      assert.deepEqual(said, [one, one, one]);
      const caps = signals.map((signal) => capsOf([signal], undefined).map(({ key: _key, ...cap }) => cap));
      const cap = [{ startMs: START, endMs: START + HOUR_MS, capW: 3_000n }];
      assert.deepEqual(caps, [cap, cap, cap]);
    } finally {
      caller.close();
      await emap.close();
      await stage.close();
    }
  });
});
