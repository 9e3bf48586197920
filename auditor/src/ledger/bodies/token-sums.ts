import { hold } from '../../failure.ts';
import type { Record as ChargeRecord } from '../../rating/record.ts';
import type { Token } from '../../session/token.ts';

interface Used {
  readonly sessions: number;
  readonly energyWh: bigint;
  readonly totalMicros: bigint;
}

const NOTHING: Used = { sessions: 0, energyWh: 0n, totalMicros: 0n };

/** What was booked by each token over all sessions that are seen, at whichever chargers: never more than home had agreed to. */
export class TokenSums {
  readonly #used = new Map<string, Used>();

  /** Tokens that were seen. */
  get size(): number {
    return this.#used.size;
  }

  use(
    token: Pick<Token, 'issuer' | 'id' | 'sessions' | 'energyWh' | 'costMicros'>,
    record: Pick<ChargeRecord, 'energyWh' | 'totalMicros'>,
  ): void {
    const name = `${token.issuer} ${token.id}`;
    const before = this.#used.get(name) ?? NOTHING;
    const used = {
      sessions: before.sessions + 1,
      energyWh: before.energyWh + record.energyWh,
      totalMicros: before.totalMicros + record.totalMicros,
    };
    hold(used.sessions <= token.sessions, 'more sessions were booked by its token than that allows');
    hold(used.energyWh <= token.energyWh, 'more energy was booked by its token than that allows');
    hold(used.totalMicros <= token.costMicros, 'more money was booked by its token than that allows');
    this.#used.set(name, used);
  }
}
