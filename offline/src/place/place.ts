import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import type { SessionBounds } from '../charger/outlet-port.ts';
import type { Operator } from '../charger/utility-words.ts';
import type { Suite } from '../suite/suite.ts';
import { admit, localDay, type Admission, type PlaceRefusal } from './admission.ts';
import { counted, sessionsOf, type DayCount } from './day-count.ts';
import { capProfile, NO_CAPS, takeCapCalendar, type CapProfile } from './caps.ts';
import { driverAt } from './driver.ts';
import { rulesBeforeAny, takePlaceRules, type PlaceRules } from './rules.ts';
import { slotAt, takeSlotList, type SlotList } from './slots.ts';
import { NOTHING_UNAVAILABLE, takeUnavailableList, unavailableUntil } from './unavailable.ts';
import type { ChargeToken } from '../token/charge-token.ts';
import { judgeStart, type TokenUse } from '../token/judge.ts';

export interface PlaceConfig {
  readonly evseId: string;
  /** The location groups that it was set up with: hold until its utility says which. */
  readonly groupIds: readonly string[];
  readonly operator: Operator;
  readonly suite: Suite;
}

/** The words that a place is ruled by, as its utility signed them. */
export interface PlaceWords {
  readonly rules: Uint8Array;
  readonly slots: Uint8Array;
  readonly unavailable: Uint8Array;
  readonly caps: Uint8Array;
}

export interface Situation {
  /** Milliseconds since 1970, UTC, of the charger's own clock; undefined when it lost it. */
  readonly nowMs: number | undefined;
  readonly today: DayCount;
  usedOf(tokenId: Uint8Array): TokenUse;
}

/** A session that may start, and what bounds it. */
export interface PlaceGrant {
  readonly mostWh: bigint;
  readonly mostMicros: bigint;
  readonly isFree: boolean;
  /** Second in which it has ended at the latest. */
  readonly endsS: number;
  readonly bounds: SessionBounds;
}

const MS_PER_S = 1_000;
const UNJUDGED: Admission = { isFree: false, isForAnyone: false, endsS: 0, lastsS: 0 };

/** Makes a word hold, once it is kept. */
type Hold = () => void;

/** What holds at one outlet by now, and who has reserved it. */
export class Place {
  readonly #config: PlaceConfig;
  #rules: PlaceRules;
  #slots: SlotList;
  #unavailable = NOTHING_UNAVAILABLE;
  #caps = NO_CAPS;

  private constructor(config: PlaceConfig) {
    this.#config = config;
    this.#rules = rulesBeforeAny(config.evseId, config.groupIds);
    this.#slots = { evseId: config.evseId, version: 0, slots: [] };
  }

  /** By the words that it kept. */
  static async open(config: PlaceConfig, words: PlaceWords): Promise<Place> {
    const place = new Place(config);
    for (const kind of ['rules', 'slots', 'unavailable', 'caps'] as const) {
      const word = await place.read(kind, words[kind]);
      if (word.ok) word.value();
    }
    return place;
  }

  get rules(): PlaceRules {
    return this.#rules;
  }

  /** Versions of what holds, by the kinds of words. */
  get versions(): readonly (readonly [keyof PlaceWords, number])[] {
    return [
      ['rules', this.#rules.version],
      ['slots', this.#slots.version],
      ['unavailable', this.#unavailable.version],
      ['caps', this.#caps.version],
    ];
  }

  /** What may flow in which quarters of an hour; undefined where nobody has said anything. */
  get caps(): CapProfile | undefined {
    return capProfile(this.#caps);
  }

  /**
   * Reads a word that a phone brought.
   * @param nowS by which one that is over is refused; one that was kept is read without
   * @returns what makes it hold, once it is kept
   */
  async read(kind: keyof PlaceWords, bytes: Uint8Array, nowS?: number): Promise<Result<Hold, DomainError>> {
    const { operator, suite } = this.#config;
    if (kind === 'rules') {
      const rules = await takePlaceRules(bytes, operator, this.#rules, suite);
      return rules.ok ? { ok: true, value: () => (this.#rules = rules.value) } : rules;
    }
    if (kind === 'unavailable') {
      const has = { evseId: this.#config.evseId, version: this.#unavailable.version };
      const list = await takeUnavailableList(bytes, operator, has, suite);
      return list.ok ? { ok: true, value: () => (this.#unavailable = list.value) } : list;
    }
    if (kind === 'caps') {
      const has = { evseId: this.#config.evseId, version: this.#caps.version, nowS };
      const caps = await takeCapCalendar(bytes, operator, has, suite);
      return caps.ok ? { ok: true, value: () => (this.#caps = caps.value) } : caps;
    }
    const slots = await takeSlotList(bytes, operator, this.#slots, suite);
    return slots.ok ? { ok: true, value: () => (this.#slots = slots.value) } : slots;
  }

  /** Whether, and how far, a session starts by a token that is believed: the place's own checks, then what the token is worth. */
  async judge(
    token: ChargeToken,
    energyWh: bigint,
    { nowMs, today, usedOf }: Situation,
  ): Promise<Result<PlaceGrant, DomainError>> {
    const { evseId } = this.#config;
    const nowS = nowMs === undefined ? undefined : Math.floor(nowMs / MS_PER_S);
    const withdrawnS = nowS && unavailableUntil(this.#unavailable, evseId, nowS);
    if (withdrawnS !== undefined && withdrawnS > 0)
      return err({
        code: 'WITHDRAWN',
        message: `nobody starts here until ${new Date(withdrawnS * MS_PER_S).toISOString()}`,
      });
    // Who does not know the time judges no hour: that is what is said then.
    const admitted = nowS === undefined ? ok(UNJUDGED) : await this.#admit(token, nowS, today);
    if (!admitted.ok) return admitted;
    const { lastsS, endsS, ...admission } = admitted.value;
    const { profile, groupIds } = this.#rules;
    const { caps } = this;
    const granted = judgeStart(token, { energyWh }, { evseId, groupIds, nowS, usedOf, ...admission });
    if (!granted.ok) return granted;
    const { mostWh, mostMicros } = granted.value;
    return ok({
      ...{ mostWh, mostMicros, isFree: admission.isFree },
      endsS: Math.min(endsS, Math.ceil((nowMs ?? 0) / MS_PER_S) + lastsS),
      bounds: {
        ...(lastsS < Infinity && { lastsS }),
        ...(profile !== null && { profile }),
        ...(caps && { caps }),
      },
    });
  }

  async #admit(token: ChargeToken, nowS: number, today: DayCount): Promise<Result<Admission, PlaceRefusal>> {
    const driver = await this.#driverOf(token);
    const sessionsToday = sessionsOf(today, localDay(this.#rules.zone, nowS), driver);
    return admit(this.#rules, this.#slots.slots, { token, driver, nowS, sessionsToday });
  }

  #driverOf({ holder }: ChargeToken): Promise<Uint8Array> {
    const { evseId, suite } = this.#config;
    return driverAt(evseId, holder, suite);
  }

  /** A session that began then counts as one of its driver's on that day. */
  async counted(today: DayCount, token: ChargeToken, beganS: number): Promise<DayCount> {
    return this.#rules.sessionsADay === null
      ? today
      : counted(today, localDay(this.#rules.zone, beganS), await this.#driverOf(token));
  }

  /** Whether the holder of a token may speak about his session now: inside his own slot where one has to reserve. */
  async isInSlot(token: ChargeToken, nowS: number): Promise<boolean> {
    const { reservations, kind, price } = this.#rules;
    const isChecked = reservations && kind !== 'private' && !(kind === 'public-all' && price === 'free');
    return !isChecked || slotAt(this.#slots.slots, await this.#driverOf(token), nowS).whose === 'own';
  }
}
