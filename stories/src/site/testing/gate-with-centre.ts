import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  noticesOf,
  OPERATOR_TOKEN,
  servedCentre,
  SITE_TOKEN,
  spawnDevice,
  startCentre,
  startDevices,
  type CentreConfig,
  type SpawnedDevice,
} from '@roamgrid/energy-controller/devices';
import { call } from '@roamgrid/service-kit';
import { deviceView, type DeviceNotice } from '@roamgrid/wire';

const STATION_TOKEN = 'station-token-station-token-station';
const FAILURES = 10;

type Running = Awaited<ReturnType<typeof startCentre>>;

/** A site with a simulated gate, and the control centre that it tells. */
export class GateWithCentre {
  readonly #config: CentreConfig;
  readonly #gate: SpawnedDevice;
  readonly #devices: Running;
  #centre: Running;

  private constructor(config: CentreConfig, gate: SpawnedDevice, devices: Running, centre: Running) {
    this.#config = config;
    this.#gate = gate;
    this.#devices = devices;
    this.#centre = centre;
  }

  static async start(folder: string, ledger: NonNullable<CentreConfig['ledger']>): Promise<GateWithCentre> {
    const config: CentreConfig = {
      ...{ folder: join(folder, 'centre'), siteTokens: [SITE_TOKEN], operatorTokens: [OPERATOR_TOKEN] },
      ...{ ledger, logLevel: 'silent' },
    };
    const [gate, centre] = await Promise.all([spawnDevice('gate', 'own'), startCentre(config)]);
    const devices = await startDevices({
      ...{ siteId: 'site-1', stateDir: join(folder, 'devices'), logLevel: 'silent' },
      centre: { url: centre.url, token: SITE_TOKEN },
      ...{ operatorTokens: [OPERATOR_TOKEN], stationTokens: [STATION_TOKEN], tellAgainAfterMs: 20 },
      devices: [{ device: 'gate', deviceId: 'gate-1', socket: gate.socket, vehicles: [], blades: [] }],
    });
    const listen = { port: Number(new URL(centre.url).port) };
    return new GateWithCentre({ ...config, listen }, gate, devices, centre);
  }

  /** A driver fails ten times in a row before the gate, and an operator clears it. */
  async failTenTimes(): Promise<void> {
    const before = (await this.tampering()).length;
    await this.#isIn('closed');
    for (let failure = 0; failure < FAILURES; failure += 1)
      await this.#ask('station-requests', STATION_TOKEN, 'driver-refused');
    await this.#isIn('barred');
    await this.#ask('requests', OPERATOR_TOKEN, 'clear');
    while ((await this.tampering()).length === before) await sleep(20);
  }

  /** What the control centre knows of tampering, oldest first. */
  async tampering(): Promise<readonly DeviceNotice[]> {
    return (await noticesOf(this.#centre.url)).filter(({ kind }) => kind === 'TAMPER');
  }

  /** As one of the site's devices would. */
  tell(notice: DeviceNotice): Promise<void> {
    return servedCentre(this.#centre.url, SITE_TOKEN).tell(notice);
  }

  /** Whether the control centre knows that all of it is on the ledger. */
  async isAllRecorded(): Promise<boolean> {
    const answer = await fetch(`${this.#centre.url}/readyz`);
    const { checks } = (await answer.json()) as { readonly checks: readonly { name: string; ok: boolean }[] };
    return checks.some(({ name, ok }) => name === 'ledger' && ok);
  }

  async restartCentre(): Promise<void> {
    await this.#centre.close();
    this.#centre = await startCentre(this.#config);
  }

  async close(): Promise<void> {
    await this.#devices.close();
    await Promise.all([this.#gate.close(), this.#centre.close()]);
  }

  async #ask(door: string, token: string, type: string): Promise<void> {
    const asked = await call({
      ...{ method: 'POST', url: `${this.#devices.url}/devices/gate-1/${door}`, body: { type } },
      ...{ headers: { authorization: `Bearer ${token}` }, timeoutMs: 5_000 },
    });
    if (!asked.ok) throw new Error(JSON.stringify(asked.failure));
  }

  async #isIn(state: string): Promise<void> {
    for (;;) {
      const asked = await call({
        ...{ method: 'GET', url: `${this.#devices.url}/devices/gate-1`, answer: deviceView },
        ...{ headers: { authorization: `Bearer ${OPERATOR_TOKEN}` }, timeoutMs: 5_000 },
      });
      if (asked.ok && asked.value.state === state) return;
      await sleep(20);
    }
  }
}
