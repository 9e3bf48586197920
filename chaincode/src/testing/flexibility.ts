import {
  dayOf,
  DAY_SLOTS,
  settleDay,
  SLOT_MS,
  type CalledEvent,
  type FlexibilityLine,
  type MeterDay,
} from '@roamgrid/domain/flexibility';
import {
  bodyHash,
  canonicalText,
  chargeBody,
  flexDayBody,
  flexEventBody,
  flexHouseBody,
  flexSettlementBody,
  packBodies,
  payableStatement,
  sealBody,
  signTwoWay,
  type ChargeItem,
  type FlexDayBody,
  type FlexHouseBody,
  type FlexSettlementBody,
} from '@roamgrid/wire';
import { payableOf } from './invoices.ts';
import {
  AGREEMENT_ID,
  by,
  DAY_MS,
  FLEXIBILITY,
  HOUR_MS,
  makeKey,
  MONTH,
  NOW_MS,
  saltOf,
  sealedTerms,
  type TestKey,
  type Utility,
} from './parties.ts';

/** A house that takes 1 kW at all hours, and less, or gives, when an event calls for it. */

const PAIR: Record<'vun' | 'hun', Utility> & { agreementId: string } = {
  ...{ vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID },
};

/** The latest workday that is over, at the run's own time. */
const latestWorkday = (): number => {
  let dayMs = dayOf(NOW_MS, FLEXIBILITY) - DAY_MS;
  while ([0, 6].includes(new Date(dayMs + FLEXIBILITY.dayOffsetMinutes * 60_000).getUTCDay()))
    dayMs -= DAY_MS;
  return dayMs;
};
export const EVENT_DAY_MS = latestWorkday();
/** 18:00 to 20:00. */
export const EVENT = {
  fromMs: EVENT_DAY_MS + 18 * HOUR_MS,
  untilMs: EVENT_DAY_MS + 20 * HOUR_MS,
} as const;
export const CALLED_AT_MS = EVENT_DAY_MS + 9 * HOUR_MS;
export const RECORDED_AT_MS = EVENT_DAY_MS + HOUR_MS;
export const OVER_MS = EVENT_DAY_MS + DAY_MS + HOUR_MS;

/** Energy of a quarter-hour, Wh: taken and given. */
export type Load = (slot: number) => readonly [taken: bigint, given: bigint];
export const USUAL: Load = () => [250n, 0n];
/** 600 Wh are given at noon; in the event 200 Wh are taken, then 4,200 Wh given. */
export const CALLED_FOR: Load = (slot) => {
  if (slot === 48 || slot === 49) return [0n, 300n];
  if (slot >= 72 && slot < 76) return [50n, 0n];
  if (slot >= 76 && slot < 80) return [0n, 1_050n];
  return [250n, 0n];
};

interface Day {
  readonly body: FlexDayBody;
  readonly text: string;
  readonly statement: string;
}

interface SettleOptions {
  readonly events?: readonly ReturnType<typeof eventCall>[];
  /** Days that the statement travels with; all that were made if left out. */
  readonly days?: readonly Day[];
  readonly body?: Partial<FlexSettlementBody>;
  readonly lines?: (lines: readonly FlexibilityLine[]) => readonly FlexibilityLine[];
  readonly recordedAtMs?: number;
}

export const eventCall = (
  eventId = 'e1',
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number } = EVENT,
  {
    reductionW = 1_000n,
    nowMs = CALLED_AT_MS,
  }: { readonly reductionW?: bigint; readonly nowMs?: number } = {},
  pair = PAIR,
) => {
  const sealed = sealBody(flexEventBody, {
    ...{ eventId, ...pair, fromMs, untilMs, reductionW },
    salt: saltOf(`event ${eventId}`),
  });
  return {
    called: { eventId, fromMs, untilMs, calledAtMs: nowMs, reductionW } satisfies CalledEvent,
    text: sealed.text,
    call: {
      caller: by('USDUK', 'grid-operator'),
      verb: 'grid.callEvent',
      command: { eventId, ...pair, fromMs, untilMs, bodyHash: sealed.hash },
      transient: { event: sealed.text, terms: sealedTerms().text },
      nowMs,
    },
  };
};

export class TestHouse {
  readonly houseId: string;
  readonly meter: TestKey;
  readonly body: FlexHouseBody;
  readonly days: Day[] = [];
  #in = 1_000_000n;
  #out = 500n;

  constructor(houseId: string, meter: TestKey = makeKey(`meter-of-${houseId}`)) {
    this.houseId = houseId;
    this.meter = meter;
    this.body = {
      ...{ houseId, ...PAIR, cinRef: saltOf(`card of ${houseId}`), meterId: `meter-of-${houseId}` },
      meterKey: { ...meter.jwk },
      salt: saltOf(`house ${houseId}`),
    };
  }

  get #house() {
    return sealBody(flexHouseBody, this.body);
  }

  enrol() {
    const { text, hash } = this.#house;
    return {
      caller: by('USALP', 'aaa'),
      verb: 'grid.enrolHouse',
      command: { houseId: this.houseId, ...PAIR, bodyHash: hash },
      transient: { house: text, terms: sealedTerms().text },
      nowMs: EVENT_DAY_MS - 40 * DAY_MS,
    };
  }

  /** The meter's next day; `over` is what is told of it instead. */
  day(dayMs: number, load: Load = USUAL, over: Partial<FlexDayBody> = {}, signer = this.meter): Day {
    const importMilliWh = [this.#in];
    const exportMilliWh = [this.#out];
    for (let slot = 0; slot < DAY_SLOTS; slot += 1) {
      const [taken, given] = load(slot);
      importMilliWh.push((this.#in += taken * 1_000n));
      exportMilliWh.push((this.#out += given * 1_000n));
    }
    const readings = importMilliWh.map((each, at) => ({
      ...{
        atMs: dayMs + at * SLOT_MS,
        importMilliWh: each,
        exportMilliWh: exportMilliWh[at] ?? 0n,
      },
    }));
    const statement = signTwoWay(this.body.meterId, this.days.length + 1, readings, signer.privateKey);
    const body: FlexDayBody = {
      ...{ houseId: this.houseId, dayMs, importMilliWh, exportMilliWh },
      statementHash: bodyHash(statement),
      salt: saltOf(`day ${this.houseId} ${dayMs}`),
      ...over,
    };
    const day = { body, text: canonicalText(flexDayBody, body), statement };
    this.days.push(day);
    return day;
  }

  /** Days before the event's: fourteen, of which ten at most are workdays. */
  usual(count = 14, load: (at: number) => Load = () => USUAL): readonly Day[] {
    return Array.from({ length: count }, (_none, at) =>
      this.day(EVENT_DAY_MS - (count - at) * DAY_MS, load(at)),
    );
  }

  record(
    days: readonly Day[],
    { nowMs = RECORDED_AT_MS, before }: { nowMs?: number; before?: Day | undefined } = {},
  ) {
    return {
      caller: by('USALP', 'aaa'),
      verb: 'grid.recordDays',
      command: { houseId: this.houseId, ...PAIR, count: days.length },
      transient: {
        house: this.#house.text,
        terms: sealedTerms().text,
        days: packBodies(days.map(({ text }) => text)),
        statements: packBodies(days.map(({ statement }) => statement)),
        ...(before && { before: before.text }),
      },
      nowMs,
    };
  }

  /** What its last day comes to, as the domain works it out. */
  lines({
    events = [],
    days = this.days,
    recordedAtMs = RECORDED_AT_MS,
  }: SettleOptions): readonly FlexibilityLine[] {
    const byDay = new Map<number, MeterDay>(days.map(({ body }) => [body.dayMs, body]));
    const last = days.at(-1)?.body;
    if (last === undefined) throw new Error('the house has days');
    return settleDay({
      terms: FLEXIBILITY,
      day: last,
      recorded: days.slice(0, -1).map(({ body: { dayMs } }) => ({ dayMs, recordedAtMs })),
      events: events.map(({ called }) => called),
      dayAt: (dayMs) => byDay.get(dayMs) ?? last,
    });
  }

  settlement(options: SettleOptions = {}) {
    const { events = [], days = this.days, body: over = {}, lines: change = (lines) => lines } = options;
    const dayMs = days.at(-1)?.body.dayMs ?? 0;
    const lines = [...change(this.lines(options))];
    const body: FlexSettlementBody = {
      ...{
        houseId: this.houseId,
        ...PAIR,
        dayMs,
        cinRef: this.body.cinRef,
        currency: 'USD',
        lines,
      },
      totalMicros: lines.reduce((sum, { micros }) => sum + micros, 0n),
      salt: saltOf(`settlement ${this.houseId}`),
      ...over,
    };
    const sealed = sealBody(flexSettlementBody, body);
    return {
      body,
      text: sealed.text,
      call: {
        caller: by('USALP', 'aaa'),
        verb: 'grid.settleDay',
        command: {
          ...{ houseId: this.houseId, dayMs, ...PAIR, bodyHash: sealed.hash },
          ...{ events: events.length, days: days.length },
        },
        transient: {
          body: sealed.text,
          house: this.#house.text,
          terms: sealedTerms().text,
          days: packBodies(days.map(({ text }) => text)),
          ...(events.length > 0 && { events: packBodies(events.map(({ text }) => text)) }),
        },
        nowMs: OVER_MS + HOUR_MS,
      },
    };
  }
}

/** A note of the customer's utility over a day's lines. */
export const flexibilityCharge = (
  chargeId: string,
  { body, text }: ReturnType<TestHouse['settlement']>,
  amountOf: (micros: bigint) => bigint = (micros) => micros,
) => {
  const pair = { ...PAIR, vun: PAIR.hun, hun: PAIR.vun };
  const items: ChargeItem[] = body.lines
    .filter(({ micros }) => micros > 0n)
    .map((line) => ({
      ...{ kind: 'flexibility', houseId: body.houseId, dayMs: body.dayMs, line: line.line },
      ...(line.line !== 'EXPORT' && { eventId: line.eventId }),
      ...{ energyWh: line.energyWh, amountMicros: amountOf(line.micros) },
    }));
  const payableMicros = items.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
  const energyWh = body.lines.reduce((sum, each) => (each.line === 'DR' ? sum : sum + each.energyWh), 0n);
  const common = { periodId: MONTH, currency: 'USD', payableMicros };
  const sealed = sealBody(chargeBody, {
    ...{ ...common, ...pair, chargeId, items, energyWh },
    salt: saltOf(`charge ${chargeId}`),
  });
  const payable = sealBody(payableStatement, payableOf({ ...common, ...pair, invoiceId: chargeId }));
  return {
    caller: by(pair.vun, 'aaa'),
    verb: 'clearing.charge',
    command: {
      ...pair,
      chargeId,
      periodId: MONTH,
      bodyHash: sealed.hash,
      payableHash: payable.hash,
    },
    transient: {
      body: sealed.text,
      payable: payable.text,
      terms: sealedTerms().text,
      flexibility: `[${text}]`,
    },
    nowMs: NOW_MS,
  };
};
