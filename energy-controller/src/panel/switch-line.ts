import { call } from '@roamgrid/service-kit';
import { deviceView } from '@roamgrid/wire';
import { z } from 'zod';

/** The service that runs the house's transfer switch. */
export const switchConfig = z.strictObject({
  url: z.url(),
  /** By which the house is an operator there. */
  token: z.string().min(32),
  deviceId: z.string().min(1).max(64),
});

const TIMEOUT_MS = 800;

type Side = 'grid' | 'battery';

/** The way to the transfer switch: it breaks before it makes by itself, whoever asks it what. Spec: PANEL-8, PANEL-11. */
export class SwitchLine {
  readonly #config: z.output<typeof switchConfig>;
  #state = 'not heard yet';
  #refusal: string | undefined;

  constructor(config: z.output<typeof switchConfig>) {
    this.#config = config;
  }

  get view(): { readonly state: string; readonly refusal?: string } {
    return { state: this.#state, ...(this.#refusal !== undefined && { refusal: this.#refusal }) };
  }

  /** Asks for a side, unless the switch is there. What was asked before changes nothing, so it is asked until it is so. */
  async want(side: Side): Promise<void> {
    const path = `/devices/${this.#config.deviceId}`;
    const seen = await this.#ask('GET', path);
    if (seen === undefined || seen === `on-${side}`) return;
    await this.#ask('POST', `${path}/requests`, { type: `to-${side}` });
  }

  /** @returns its state; undefined when there is no answer or it refuses. */
  async #ask(method: 'GET' | 'POST', path: string, body?: object): Promise<string | undefined> {
    const { url, token } = this.#config;
    const asked = await call({
      ...{ method, url: url + path, timeoutMs: TIMEOUT_MS, answer: deviceView },
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    });
    if (!asked.ok) {
      this.#refusal = asked.failure.kind === 'problem' ? asked.failure.problem.code : 'NO_ANSWER';
      return undefined;
    }
    this.#refusal = undefined;
    this.#state = asked.value.state;
    return asked.value.state;
  }
}
