import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceKind, DeviceNotice } from '@roamgrid/wire';
import { startCentre } from '../centre/start.ts';
import { servedCentre, Teller } from '../centre/teller.ts';
import { Driver } from '../driver.ts';
import { fileJournal } from '../journal.ts';
import type { Hands } from '../link/hands.ts';
import { SocketLink } from '../link/device-link.ts';
import type { Device } from '../machine/device.ts';
import type { MachineEvent } from '../machine/table.ts';
import { publicKeyOf } from '../proof.ts';
import { spawnDevice, type SpawnedDevice } from './spawn.ts';
import { call } from '@roamgrid/service-kit';
import { noticeList } from '@roamgrid/wire';

export const START_MS = Date.UTC(2026, 2, 1);

export type DeviceKeys = ReturnType<typeof makeKeys>;

/** A key pair as files hold it. */
export const makeKeys = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { privateKey, publicKey, verifies: publicKeyOf(publicKey) };
};

/** Of the served control centre; for nothing that others can reach. */
export const SITE_TOKEN = 'site-token-site-token-site-token-1';
export const OPERATOR_TOKEN = 'operator-token-operator-token-oper';

/** What a control centre shows its operators. */
export const noticesOf = async (url: string): Promise<readonly DeviceNotice[]> => {
  const asked = await call({
    method: 'GET',
    url: `${url}/notices`,
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
    answer: noticeList,
    timeoutMs: 5_000,
  });
  if (!asked.ok) throw new Error(JSON.stringify(asked.failure));
  return asked.value.notices;
};

/** A served control centre. */
export const serveCentre = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'centre-'));
  const running = await startCentre({
    folder,
    siteTokens: [SITE_TOKEN],
    operatorTokens: [OPERATOR_TOKEN],
    logLevel: 'silent',
  });
  return {
    url: running.url,
    centre: servedCentre(running.url, SITE_TOKEN),
    notices: () => noticesOf(running.url),
    close: async () => {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** One device with its controller, its simulated hardware in a process of its own and a served control centre, at a time that is told. */
export class DeviceStage<
  Kind extends DeviceKind,
  State extends string,
  Event extends MachineEvent,
  Memory,
  Plain,
> {
  readonly #make: () => Device<Kind, State, Event, Memory, Plain>;
  readonly #spawned: SpawnedDevice;
  readonly #served: Awaited<ReturnType<typeof serveCentre>>;
  /** Of the journal. */
  readonly folder = mkdtempSync(join(tmpdir(), 'driver-'));
  #driver: Driver<Kind, State, Event, Memory, Plain>;
  nowMs = START_MS;
  /** How long the controller looks after something was done by hand, and how often. */
  looks = { forMs: 100, everyMs: 100 };

  private constructor(
    make: () => Device<Kind, State, Event, Memory, Plain>,
    spawned: SpawnedDevice,
    served: Awaited<ReturnType<typeof serveCentre>>,
  ) {
    this.#make = make;
    this.#spawned = spawned;
    this.#served = served;
    this.#driver = this.#drive();
  }

  static async start<
    Kind extends DeviceKind,
    State extends string,
    Event extends MachineEvent,
    Memory,
    Plain,
  >(
    make: () => Device<Kind, State, Event, Memory, Plain>,
  ): Promise<DeviceStage<Kind, State, Event, Memory, Plain>> {
    const [spawned, served] = await Promise.all([spawnDevice(make().kind, 'told'), serveCentre()]);
    return new DeviceStage(make, spawned, served);
  }

  #drive() {
    const device = this.#make();
    return new Driver(
      {
        siteId: 'site-1',
        deviceId: `${device.kind}-1`,
        device,
        link: new SocketLink({ kind: device.kind, path: this.#spawned.socket, timeoutMs: 5_000 }),
        journal: fileJournal(
          join(this.folder, `${device.kind}-1.json`),
          Object.keys(device.table.states) as State[],
          device.memory,
        ),
        onNotice: () => undefined,
      },
      this.nowMs,
    );
  }

  get socket(): string {
    return this.#spawned.socket;
  }

  get hands(): Hands {
    return this.#spawned.hands;
  }

  get driver() {
    return this.#driver;
  }

  get state(): string {
    return this.#driver.view().state;
  }

  /** Passes time in steps, a tick each. */
  async pass(ms: number, stepMs = ms): Promise<void> {
    const untilMs = this.nowMs + ms;
    do {
      this.nowMs = Math.min(this.nowMs + stepMs, untilMs);
      await this.#driver.tick(this.nowMs);
    } while (this.nowMs < untilMs);
  }

  /** Something is done by hand, and the controller looks a moment later. */
  async act(action: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#spawned.hands.act(action, this.nowMs);
    await this.pass(this.looks.forMs, this.looks.everyMs);
  }

  world(): Promise<Readonly<Record<string, unknown>>> {
    return this.#spawned.hands.look(this.nowMs);
  }

  /** The controller dies, and another one starts from its journal. */
  restart(): void {
    this.#driver.close();
    this.#driver = this.#drive();
  }

  /** All that the control centre knows, once everything that waits was told. */
  async told(): Promise<readonly DeviceNotice[]> {
    await new Teller(this.#served.centre).flush([this.#driver]);
    return this.#served.notices();
  }

  async codes(): Promise<readonly string[]> {
    return (await this.told()).map(({ code }) => code);
  }

  async close(): Promise<void> {
    this.#driver.close();
    await Promise.all([this.#spawned.close(), this.#served.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
