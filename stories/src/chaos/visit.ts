import { setTimeout as sleep } from 'node:timers/promises';
import type { KioskState } from '@roamgrid/wire';
import type { Kiosk } from './kiosk.ts';
import { energyIn, powerOf } from './press.ts';
import type { ServedOutlet } from './stations.ts';
import type { Watch } from './watch.ts';

const LOOK_EVERY_MS = 150;
const TRY_AGAIN_MS = 500;
/** Who is not served in this time drives on. */
const DRIVES_ON_MS = 300_000;

export interface VisitPlan {
  readonly evseId: string;
  readonly cin: string;
  /** How long the car charges. */
  readonly staysMs: number;
  /** What it takes meanwhile. */
  readonly energyWh: bigint;
}

/** A session that a driver agreed to, and what the screen showed of it. */
export interface Consented {
  readonly sessionId: string;
  readonly evseId: string;
  /** Most that the screen showed; 0 when it never charged. */
  energyWh: bigint;
}

const PLANNED_MS = 600_000;
/**
 * A driver asks for more than the car takes in its stay, so that no outlet asks whether to go on: what flows in so long. Hours are
 * pressed into seconds here, and an outlet looks as far ahead as ever.
 */
const ASKS_FOR_MS = 40_000;

/** A driver at an outlet: swipes until somebody says yes, accepts, charges for a while, stops, and drives away. */
export class Visit {
  readonly consented: Consented[] = [];
  readonly #kiosk: Kiosk;
  readonly #stationId: string;
  readonly #park: ServedOutlet['park'];
  readonly #plan: VisitPlan;
  readonly #powerW: bigint;
  readonly #watch: Watch;
  #chargesSinceMs: number | undefined;
  #seen = 'nothing';

  constructor({ kiosk, park, stationId }: ServedOutlet, plan: VisitPlan, watch: Watch) {
    this.#kiosk = kiosk;
    this.#stationId = stationId;
    this.#park = park;
    this.#plan = plan;
    this.#powerW = powerOf(plan.energyWh, plan.staysMs);
    this.#watch = watch;
  }

  /** What the screen showed last, for who asks why nobody charged. */
  get seen(): string {
    return this.#seen;
  }

  /** @returns whether the car charged */
  async run(): Promise<boolean> {
    const { evseId } = this.#plan;
    const untilMs = Date.now() + DRIVES_ON_MS;
    let isOver = false;
    this.#park(this.#powerW);
    while (!isOver && Date.now() < untilMs) {
      const state = await this.#kiosk.state();
      isOver = state !== undefined && (await this.#answer(state));
      if (!isOver) await sleep(LOOK_EVERY_MS);
    }
    this.#watch.at(evseId, this.#stationId, 'away');
    return isOver;
  }

  /** Does what the screen asks for. @returns whether the driver has charged and drives away */
  async #answer(state: KioskState): Promise<boolean> {
    this.#seen =
      state.screen === 'refused' ? `${state.refusal.code}: ${state.refusal.message}` : state.screen;
    switch (state.screen) {
      case 'welcome':
        // The station lost power meanwhile: what was charged until then is told by itself.
        if (this.#chargesSinceMs !== undefined) return true;
        await this.#swipe();
        return false;
      case 'refused':
        await this.#kiosk.press('done');
        await sleep(TRY_AGAIN_MS);
        return false;
      case 'offer':
        await this.#accept(state.offer.quote.sessionId, state.offer.quoteHash);
        return false;
      case 'charging':
      case 'parked':
        await this.#charge(state.progress.sessionId, state.progress.energyWh);
        return false;
      case 'bill':
      case 'bill-later':
        await this.#kiosk.press('done');
        return this.#chargesSinceMs !== undefined;
      case 'authorising':
      case 'connect':
      case 'starting':
      case 'stopping':
        return false;
    }
  }

  async #swipe(): Promise<void> {
    const { evseId, cin } = this.#plan;
    const beganMs = Date.now();
    this.#watch.at(evseId, this.#stationId, 'swiping');
    const answer = await this.#kiosk.swipe({
      method: 'card',
      cin,
      requestedEnergyWh: energyIn(this.#powerW, ASKS_FOR_MS),
      plannedMs: PLANNED_MS,
    });
    const isAccepted = answer?.screen === 'offer';
    this.#watch.attempts.push({ stationId: this.#stationId, beganMs, endedMs: Date.now(), isAccepted });
    if (isAccepted) await this.#accept(answer.offer.quote.sessionId, answer.offer.quoteHash);
  }

  async #accept(sessionId: string, quoteHash: string): Promise<void> {
    const { evseId } = this.#plan;
    this.#watch.at(evseId, this.#stationId, 'authorised');
    if (!this.consented.some((one) => one.sessionId === sessionId))
      this.consented.push({ sessionId, evseId, energyWh: 0n });
    await this.#kiosk.consent(quoteHash);
  }

  async #charge(sessionId: string, energyWh: bigint): Promise<void> {
    const { evseId, staysMs } = this.#plan;
    this.#watch.at(evseId, this.#stationId, 'charging');
    this.#chargesSinceMs ??= Date.now();
    const session = this.consented.find((one) => one.sessionId === sessionId);
    if (session !== undefined && energyWh > session.energyWh) session.energyWh = energyWh;
    if (Date.now() - this.#chargesSinceMs >= staysMs) await this.#kiosk.press('stop');
  }
}
