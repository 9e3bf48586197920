import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAssertionSigner, removeDatabase } from '@roamgrid/service-kit';
import { siteChanged, siteView } from '@roamgrid/wire';
import { z } from 'zod';
import type { plantConfig } from './adapters/http/simulator/start-plant.ts';
import { startPlant } from './adapters/http/simulator/start-plant.ts';
import { bookingConfig } from './booking/config.ts';
import { cloudConfig, type CloudConfig } from './cloud/config.ts';
import { startEnergyCloud } from './cloud/start.ts';
import { controllerConfig, type ControllerConfig } from './config.ts';
import { freshKey, publicKeyOf } from './stage/stage.ts';
import { startEnergyController } from './start.ts';

const GUIDE = join(import.meta.dirname, '..', '..', 'docs', 'energy-controller.md');
const PATIENCE_MS = 20_000;

/** The guide's examples in their order, filled in as it says. */
const examples = (fillings: Readonly<Record<string, unknown>>): readonly unknown[] => {
  const guide = readFileSync(GUIDE, 'utf8');
  const fill = (value: unknown): unknown =>
    typeof value === 'string' && value.startsWith('<') ? fillings[value] : value;
  return [...guide.matchAll(/```json\n(.*?)```/gs)].map(
    ([, text = '']) => JSON.parse(text, (_, value: unknown) => fill(value)) as unknown,
  );
};

describe('the guide’s controller', function () {
  this.timeout(60_000);

  it('runs the guide’s site, obeys its operator, and shares the guide’s feed', async () => {
    const [operator, ofSites] = [freshKey('operator'), freshKey('sites')];
    const secret = 'a-secret-of-the-plant-of-32-characters';
    const [ofBooking, plantExample, controllerExample, cloudExample, ofCloud] = examples({
      '<openssl rand -hex 32>': secret,
      '<the same>': secret,
      "<the operator's public key, a JSON Web Key>": publicKeyOf(operator),
      "<the sites' public key, a JSON Web Key>": publicKeyOf(ofSites),
    });
    const stateDir = mkdtempSync(join(tmpdir(), 'guide-'));
    const here = { listen: {}, logLevel: 'silent' as const };
    const database = (name: string) => ({ stateDir, name });
    const plant = await startPlant({ ...(plantExample as z.input<typeof plantConfig>), listen: {} });
    const given = controllerConfig.parse(controllerExample);
    const { calendar } = bookingConfig.partial().parse(ofBooking);
    assert.ok(calendar !== undefined && calendar.cabinets.length > 0);
    cloudConfig.parse(cloudExample);
    const cloud = await startEnergyCloud({
      ...(cloudExample as CloudConfig),
      ...here,
      database: database('cloud'),
    });
    const at = (url: string) => (text: string) => text.replaceAll('http://localhost:9501', url);
    const settings = JSON.parse(at(plant.url)(JSON.stringify(controllerExample))) as ControllerConfig;
    const start = (more: Partial<ControllerConfig> = {}) =>
      startEnergyController({ ...settings, ...here, database: database('energy'), ...more });
    let controller = await start();
    const sign = createAssertionSigner({
      key: operator,
      iss: 'operator',
      utility: 'USDUK',
      role: 'operator',
    });
    const ask = async <T extends z.ZodType>(
      schema: T,
      path: string,
      body?: unknown,
    ): Promise<z.output<T>> => {
      const answer = await fetch(`${controller.url}/operator/v1/${path}`, {
        method: body === undefined ? 'GET' : 'PUT',
        headers: {
          authorization: `Bearer ${await sign(controller.url)}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return schema.parse(await answer.json());
    };
    /** What the loads measure, once it is as expected. */
    const takes = async (expected: Readonly<Record<string, bigint>>): Promise<void> => {
      const untilMs = Date.now() + PATIENCE_MS;
      for (;;) {
        const { loads } = await ask(siteView, 'sites/s1');
        const taken = Object.fromEntries(loads.map(({ loadId, measuredW }) => [loadId, measuredW]));
        if (JSON.stringify(taken, textOf) === JSON.stringify(expected, textOf)) return;
        if (Date.now() > untilMs) assert.deepEqual(taken, expected);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const textOf = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
    try {
      assert.equal(given.sites.length, 1);
      await takes({ outlet: 120_000n, servers: 0n });
      await ask(siteChanged, 'sites/s1/changes/change-1', { fromVersion: 0, policyId: 'site-servers-first' });
      await takes({ outlet: 80_000n, servers: 40_000n });
      await controller.close();
      const shared = z.looseObject({ cloud: z.looseObject({}) }).parse(ofCloud);
      const sites = settings.sites.map((site) => ({
        ...site,
        cloud: { ...(shared.cloud as NonNullable<typeof site.cloud>), url: cloud.url },
      }));
      controller = await start({ key: ofSites, sites, database: database('shared') });
      await takes({ outlet: 90_000n, servers: 0n });
    } finally {
      await controller.close();
      await cloud.close();
      await plant.close();
      await removeDatabase(stateDir);
    }
  });
});
