import { panelOrdered, panelOrders, panelReport, type PanelBreaker } from '@roamgrid/wire';
import type { Claim } from '@roamgrid/domain/power';
import { judge, type Breaker, type Known, type Panel } from '../../panel/breakers.ts';
import { PartlyRefused, type GrantOrder, type LoadAdapter, type LoadReading } from '../adapter.ts';
import { callDevice, type HttpDevice } from '../http/device-call.ts';

/** A breaker that did not open is left alone for so long, ms: until then what it takes is counted before all others. */
const RETRY_MS = 300_000;
/** What no breaker measures. No breaker may have this id. */
const UNMETERED = 'unmetered';

interface Parts {
  readonly loadId: string;
  readonly nodeId: string;
  readonly device: HttpDevice;
  readonly nowMs: () => number;
}

/** The panel of a house: a claim a breaker. To have less than it takes is to be opened. */
export class PanelLoad implements LoadAdapter {
  readonly loadId: string;
  readonly #parts: Parts;
  readonly #known = new Map<string, Known>();
  #panel: Panel | undefined;

  constructor(parts: Parts) {
    this.loadId = parts.loadId;
    this.#parts = parts;
  }

  /** As it was last heard. */
  get panel(): Panel | undefined {
    return this.#panel;
  }

  /** The breaker table as it was kept: one that does not answer any more is still there. */
  remember(table: readonly PanelBreaker[]): void {
    for (const line of table)
      this.#known.set(line.breakerId, { line, position: 'unknown', lastW: undefined, refusesUntilMs: 0 });
  }

  async read(signal: AbortSignal): Promise<LoadReading> {
    const { device, nowMs } = this.#parts;
    const report = await callDevice(device, '', { method: 'GET', answer: panelReport }, signal);
    const panel = judge(report, this.#known, nowMs());
    this.#panel = panel;
    for (const breaker of panel.breakers) this.#learn(breaker);
    return {
      measuredAtMs: report.measuredAtMs,
      measuredW: report.mainW,
      claims: [
        ...panel.breakers.map((breaker) => this.#claim(breaker)),
        ...(panel.unmeteredW === 0n ? [] : [this.#fixed(UNMETERED, panel.unmeteredW)]),
      ],
    };
  }

  async grant(orders: readonly GrantOrder[], signal: AbortSignal): Promise<void> {
    const told = orders.flatMap(({ claimId, watts, lapsesAtMs }) => {
      const breaker = this.#breaker(claimId);
      if (breaker === undefined || breaker.isFixed) return [];
      return [
        { breakerId: claimId, position: watts > 0n ? ('closed' as const) : ('open' as const), lapsesAtMs },
      ];
    });
    const notDone = await this.#tell(told, signal);
    const refusing = notDone.filter((id) =>
      told.some((one) => one.breakerId === id && one.position === 'open'),
    );
    for (const breakerId of refusing) this.#refuses(breakerId);
    if (refusing.length > 0) throw new PartlyRefused(refusing);
  }

  async makeSafe(signal: AbortSignal): Promise<void> {
    const ordinary = (this.#panel?.breakers ?? []).filter(({ priority }) => priority > 1);
    const lapsesAtMs = this.#parts.nowMs() + RETRY_MS;
    await this.#tell(
      ordinary.map(({ breakerId }) => ({ breakerId, position: 'open' as const, lapsesAtMs })),
      signal,
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #tell(
    orders: Parameters<typeof panelOrders.encode>[0]['orders'],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (orders.length === 0) return [];
    const body = panelOrders.encode({ orders });
    const answer = await callDevice(
      this.#parts.device,
      '/orders',
      { method: 'PUT', body, answer: panelOrdered },
      signal,
    );
    return answer.notDone;
  }

  #breaker(breakerId: string): Breaker | undefined {
    return this.#panel?.breakers.find((one) => one.breakerId === breakerId);
  }

  #refuses(breakerId: string): void {
    const known = this.#known.get(breakerId);
    if (known !== undefined)
      this.#known.set(breakerId, { ...known, refusesUntilMs: this.#parts.nowMs() + RETRY_MS });
  }

  #learn(breaker: Breaker): void {
    const { breakerId, position, measuredW, code } = breaker;
    const before = this.#known.get(breakerId);
    // Of one that does not answer what was known stays.
    if (code === 'NO_ANSWER') return;
    const {
      position: _position,
      measuredW: _measuredW,
      countedW: _counted,
      isFixed: _fixed,
      code: _code,
      ...line
    } = breaker;
    const lastW = position === 'closed' && measuredW > 0n ? measuredW : before?.lastW;
    this.#known.set(breakerId, {
      ...{ line, position, lastW },
      refusesUntilMs: position === 'closed' ? (before?.refusesUntilMs ?? 0) : 0,
    });
  }

  #claim({ breakerId, priority, room, countedW, measuredW, position, isFixed }: Breaker): Claim {
    if (isFixed) return this.#fixed(breakerId, countedW);
    return {
      ...{ claimId: breakerId, kind: 'circuit', nodeId: this.#parts.nodeId, arrivedMs: 0 },
      ...{ minW: countedW, maxW: countedW, priority, area: room },
      runningW: position === 'closed' ? measuredW : 0n,
    };
  }

  /** Taken whatever is decided. */
  #fixed(claimId: string, watts: bigint): Claim {
    return {
      ...{ claimId, kind: 'circuit', nodeId: this.#parts.nodeId, arrivedMs: 0 },
      ...{ minW: 0n, maxW: watts, runningW: watts, preemptible: false, priority: 1 },
    };
  }
}
