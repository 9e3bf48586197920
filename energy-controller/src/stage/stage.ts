import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Claim, Source } from '@roamgrid/domain/power';
import { createAssertionSigner, removeDatabase } from '@roamgrid/service-kit';
import type { PrivateJwk } from '@roamgrid/service-kit/runtime';
import {
  siteChanged,
  siteDecisions,
  siteRequestAnswer,
  siteView,
  type AssertionClaims,
  type SiteViewMessage,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { Plant, type PlantLoad, type PlantSource } from '../adapters/http/simulator/plant.ts';
import { servePlant, type PlantServer } from '../adapters/http/simulator/plant-server.ts';
import type { ControllerConfig } from '../config.ts';
import { startEnergyController, type EnergyController } from '../start.ts';

type SiteInput = ControllerConfig['sites'][number];

export const NOW = Date.UTC(2026, 10, 30, 12);
export const MINUTE_MS = 60_000;
/** By which served plants know their controller. */
export const SECRET = 'a-secret-of-the-plant-of-32-characters';

/** A fresh key of somebody who asks. */
export const freshKey = (kid: string): PrivateJwk => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...(jwk as Omit<PrivateJwk, 'kid'>), kid };
};

export const publicKeyOf = ({ d: _secret, ...open }: PrivateJwk): Omit<PrivateJwk, 'd'> => open;

const operatorKey = freshKey('operator-1');
const OPERATOR = { iss: 'operator', role: 'operator' } as const;
const operatorPublic = publicKeyOf(operatorKey);

/** A claim of a simulated device. */
export const claimOf = (claimId: string, nodeId: string, maxW: bigint, more: Partial<Claim> = {}): Claim => ({
  ...{ claimId, kind: 'charge', nodeId, minW: 0n, maxW, arrivedMs: NOW },
  ...more,
});

export const gridOf = (availableW: bigint, nodeId = 'site'): Source => ({
  ...{ sourceId: 'grid', kind: 'grid', nodeId, availableW },
});

/** Utility 500, renewable 155, battery 100 kW: the sum of document 001. */
export const SITE_SOURCES: readonly PlantSource[] = [
  { source: gridOf(500_000n), isTold: false },
  { source: { sourceId: 'sun', kind: 'renewable', nodeId: 'site', availableW: 155_000n }, isTold: false },
  {
    source: {
      ...{ sourceId: 'battery', kind: 'ess', nodeId: 'site', availableW: 100_000n },
      store: { storedWh: 200_000n, capacityWh: 400_000n, floorWh: 40_000n },
    },
    isTold: true,
  },
];

export interface StageOptions {
  readonly sources?: readonly PlantSource[];
  readonly loads: readonly (PlantLoad & { readonly nodeId: string })[];
  readonly nodes: SiteInput['nodes'];
  readonly site?: Partial<SiteInput>;
  /** Of the controller beside its site. */
  readonly controller?: Partial<ControllerConfig>;
  /** Another clock than the one that the test turns. */
  readonly clock?: () => number;
  /** By which its clock begins; `NOW` when absent. */
  readonly startMs?: number;
  /** Where it keeps what it keeps; a folder of its own when absent. */
  readonly folder?: string;
}

/** A controller over a served plant, by a clock that the test turns; it decides when it is told to. */
export interface Stage {
  readonly plant: Plant;
  readonly server: PlantServer;
  controller: EnergyController;
  /** A tick and a look of the guard, some time later. */
  step(passMs?: number): Promise<void>;
  pass(ms: number): void;
  nowMs(): number;
  view(): Promise<SiteViewMessage>;
  granted(): Promise<Readonly<Record<string, bigint>>>;
  ask(
    method: string,
    path: string,
    body?: unknown,
    key?: PrivateJwk,
    who?: { readonly iss: string; readonly role: AssertionClaims['role'] },
  ): Promise<{ status: number; body: unknown }>;
  request(id: string, body: unknown): Promise<z.output<typeof siteRequestAnswer>>;
  change(id: string, body: object): Promise<z.output<typeof siteChanged>>;
  decisions(): Promise<z.output<typeof siteDecisions>['decisions']>;
  /** Ends the controller and starts it anew on what it kept, with another configuration of its site where that is given. */
  startAnew(site?: Partial<SiteInput>): Promise<void>;
  /** Another controller of the same site, on the same database. Its user ends it. */
  startBeside(): Promise<EnergyController>;
  close(): Promise<void>;
}

const SITE = '/operator/v1/sites/s1';

export const startStage = async ({
  sources = SITE_SOURCES,
  loads,
  nodes,
  site = {},
  controller: more = {},
  clock,
  startMs = NOW,
  folder = mkdtempSync(join(tmpdir(), 'energy-')),
}: StageOptions): Promise<Stage> => {
  let nowMs = startMs;
  const timeMs = clock ?? (() => nowMs);
  const plant = new Plant(timeMs);
  for (const source of sources) plant.addSource({ ...source });
  for (const { nodeId: _nodeId, ...load } of loads) plant.addLoad({ ...load });
  const server = await servePlant(plant, SECRET);
  const served: SiteInput['loads'] = loads.map(({ loadId, nodeId, aloneW }) => ({
    ...{ loadId, nodeId, aloneW: aloneW.toString() },
    adapter: { kind: 'http', url: `${server.url}/loads/${loadId}`, secret: SECRET },
  }));
  let config: ControllerConfig = {
    utilityId: 'USDUK',
    database: { stateDir: folder, name: 'usduk' },
    logLevel: 'silent',
    ...more,
    trusted: [{ iss: 'operator', role: 'operator', key: operatorPublic }, ...(more.trusted ?? [])],
    sites: [
      {
        ...{ siteId: 's1', volts: 240, nodes, readMs: 5_000, tellMs: 5_000 },
        sources: sources.map(({ source: { sourceId, nodeId }, isTold }) => ({
          ...{ sourceId, nodeId },
          adapter: { kind: 'http', url: `${server.url}/sources/${sourceId}`, secret: SECRET, isTold },
        })),
        ...site,
        loads: [...served, ...(site.loads ?? [])],
      },
    ],
  };
  const start = () => startEnergyController(config, { nowMs: timeMs, isSelfRunning: false });
  let controller = await start();
  const ask: Stage['ask'] = async (method, path, body, key = operatorKey, who = OPERATOR) => {
    const sign = createAssertionSigner({ key, utility: 'USDUK', ...who });
    const response = await fetch(controller.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await sign(controller.url)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const told = async <T extends z.ZodType>(schema: T, method: string, path: string, body?: unknown) => {
    const answer = await ask(method, path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return schema.parse(answer.body);
  };
  const stage: Stage = {
    ...{ plant, server, controller, ask },
    nowMs: timeMs,
    pass(ms) {
      nowMs += ms;
    },
    async step(passMs = 1_000) {
      nowMs += passMs;
      const one = stage.controller.sites.get('s1');
      await one?.tick();
      await one?.guard.look();
    },
    view: () => told(siteView, 'GET', SITE),
    async granted() {
      const { loads: seen } = await stage.view();
      return Object.fromEntries(
        seen.flatMap(({ claims }) => claims.map(({ claimId, grantedW }) => [claimId, grantedW])),
      );
    },
    request: (id, body) => told(siteRequestAnswer, 'PUT', `${SITE}/requests/${id}`, body),
    change: (id, body) => told(siteChanged, 'PUT', `${SITE}/changes/${id}`, body),
    decisions: async () => (await told(siteDecisions, 'GET', `${SITE}/decisions`)).decisions,
    async startAnew(other = {}) {
      await controller.close();
      config = { ...config, sites: config.sites.map((one) => ({ ...one, ...other })) };
      controller = await start();
      stage.controller = controller;
    },
    startBeside: start,
    async close() {
      await controller.close();
      await server.close();
      await removeDatabase(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return stage;
};
