import type { DeviceRequest, DeviceView } from '@roamgrid/wire';
import type { AnyDriver, Asked, Asker } from '../driver.ts';
import type { GateState } from '../gate/table.ts';
import type { LineState } from '../line/table.ts';

/** In which what is behind a gate may have power. */
const OPEN: ReadonlySet<string> = new Set<GateState>(['open', 'renewing']);
/** In which a line gives none. */
const QUIET: ReadonlySet<string> = new Set<LineState>(['off', 'tripped', 'checking', 'away']);

/**
 * A gate whose power comes over a fault-managed line: the line is off whenever the gate is not open, nobody can ask it to go on then, and it
 * is asked to once each time that the gate opens. One that tripped stays off until an operator asks. Spec: SITE-10, SITE-11.
 */
export class FedByLine {
  readonly #gate: Pick<AnyDriver, 'deviceId' | 'view'>;
  readonly #line: AnyDriver;
  #wasOpen = false;
  /** The gate has opened, and the line was not asked for since. */
  #isWanted = false;

  constructor(gate: Pick<AnyDriver, 'deviceId' | 'view'>, line: AnyDriver) {
    this.#gate = gate;
    this.#line = line;
  }

  /** The line as others see it and ask it. */
  get line(): AnyDriver {
    const line = this.#line;
    return {
      deviceId: line.deviceId,
      get isReached() {
        return line.isReached;
      },
      get outbox() {
        return line.outbox;
      },
      tick: (nowMs) => line.tick(nowMs),
      told: (key) => line.told(key),
      close: () => {
        line.close();
      },
      view: () => this.#view(),
      ask: (request, nowMs, by) => this.#ask(request, nowMs, by),
    };
  }

  /** After either was looked at. */
  async follow(nowMs: number): Promise<void> {
    const isOpen = this.#isOpen;
    const { state } = this.#line.view();
    if (isOpen !== this.#wasOpen) this.#isWanted = isOpen;
    this.#wasOpen = isOpen;
    if (state === 'tripped') this.#isWanted = false;
    if (!isOpen && !QUIET.has(state)) await this.#line.ask({ type: 'off' }, nowMs);
    if (!this.#isWanted || state !== 'off') return;
    this.#isWanted = false;
    await this.#line.ask({ type: 'on' }, nowMs);
  }

  get #isOpen(): boolean {
    return OPEN.has(this.#gate.view().state);
  }

  #view(): DeviceView {
    const view = this.#line.view();
    return this.#isOpen ? view : { ...view, possible: view.possible.filter((type) => type !== 'on') };
  }

  #ask(request: DeviceRequest, nowMs: number, by?: Asker): Promise<Asked> {
    if (request.type !== 'on' || this.#isOpen) return this.#line.ask(request, nowMs, by);
    const message = `the line feeds ${this.#gate.deviceId}, which is not open`;
    const { possible } = this.#view();
    return Promise.resolve({ ok: false, refusal: { code: 'NOT_POSSIBLE_NOW', message, possible } });
  }
}
