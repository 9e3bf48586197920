import { DAY_MS, settleDay, type CalledEvent, type MeterDay } from '@roamgrid/domain/flexibility';
import {
  canonicalText,
  flexDayBody,
  flexDayRecord,
  flexEventBody,
  flexEventRecord,
  flexHouseBody,
  flexSettlementBody,
  flexSettlementRecord,
  gridCommands,
  packBodies,
  sealBody,
  signatoriesOf,
  stateKey,
  type FlexHouseBody,
  type SettledHouseDay,
} from '@roamgrid/wire';
import { randomBytes } from 'node:crypto';
import { KeptCommands, type KeptCommandsContext } from '../clearing/kept-commands.ts';
import { gatewayError } from '../problems.ts';
import { Serial } from '../station-api/serial.ts';
import type { CalendarContext } from './calendar.ts';

/** As the contract looks back: see `grid.settleDay`. */
const LOOK_BACK_MS = 46 * DAY_MS;

interface Known<R> {
  readonly record: R;
  /** Body as it was hashed; absent where it was purged. */
  readonly text: string | undefined;
}

/** Settles days of houses from the read model: what it forms, both parties' contracts work out again. */
export class HouseDays {
  readonly #context: KeptCommandsContext & CalendarContext;
  readonly #kept: KeptCommands;
  readonly #serial = new Serial();

  constructor(context: KeptCommandsContext & CalendarContext) {
    this.#context = context;
    this.#kept = new KeptCommands(context);
  }

  /** Told again it gives what was settled. @throws ServiceError RECORD_NOT_FOUND of a house or day that is not recorded */
  settle(houseId: string, dayMs: number): Promise<SettledHouseDay> {
    return this.#serial.run(`house-days/${houseId}`, async () => {
      while (await this.#kept.finish(`house-days/${houseId}`));
      return (await this.#settled(houseId, dayMs)) ?? this.#tell(houseId, dayMs);
    });
  }

  async #known<R>(key: string, read: (value: unknown) => R): Promise<Known<R> | undefined> {
    const row = await this.#context.db
      .selectFrom('flex_record')
      .leftJoin('flex_body', 'flex_body.record_key', 'flex_record.record_key')
      .select(['record', 'body'])
      .where('flex_record.record_key', '=', key)
      .executeTakeFirst();
    return row && { record: read(row.record), text: row.body ?? undefined };
  }

  async #settled(houseId: string, dayMs: number): Promise<SettledHouseDay | undefined> {
    const key = stateKey.flexSettlement(houseId, dayMs);
    const known = await this.#known(key, (value) => flexSettlementRecord.parse(value));
    if (known?.text === undefined) return undefined;
    return { record: known.record, body: flexSettlementBody.parse(JSON.parse(known.text)) };
  }

  /** Records of one kind in a span, with their bodies, in the order of time. */
  async #between<R>(
    kind: string,
    read: (value: unknown) => R,
    { houseId, agreementId, vun, hun }: FlexHouseBody,
    [fromMs, untilMs]: readonly [number, number],
  ): Promise<readonly Known<R>[]> {
    const rows = await this.#context.db
      .selectFrom('flex_record')
      .leftJoin('flex_body', 'flex_body.record_key', 'flex_record.record_key')
      .select(['record', 'body'])
      .where('kind', '=', kind)
      .where((eb) => (kind === 'flexEvent' ? eb('house_id', 'is', null) : eb('house_id', '=', houseId)))
      .where('agreement_id', '=', agreementId)
      .where('vun', '=', vun)
      .where('hun', '=', hun)
      .where('at_ms', '>=', BigInt(fromMs))
      .where('at_ms', '<', BigInt(untilMs))
      .orderBy('at_ms')
      .execute();
    return rows.map(({ record, body }) => ({ record: read(record), text: body ?? undefined }));
  }

  async #tell(houseId: string, dayMs: number): Promise<SettledHouseDay> {
    const { registry } = this.#context;
    const known = await this.#known(stateKey.flexHouse(houseId), (value) => value);
    const houseText = known?.text;
    if (houseText === undefined)
      throw gatewayError('RECORD_NOT_FOUND', `${houseId} is no house of this utility`);
    const house = flexHouseBody.parse(JSON.parse(houseText));
    const { agreementId, vun, hun, cinRef } = house;
    const agreement = registry.agreement(agreementId);
    const terms = agreement && registry.terms(agreementId, agreement.version);
    const flexibility = terms?.terms.flexibility;
    if (agreement === undefined || terms === undefined || flexibility === undefined)
      throw gatewayError('LEDGER_WRONG_STATE', `${agreementId} says nothing of what houses are paid`);
    const span = [Math.max(0, dayMs - LOOK_BACK_MS), dayMs + DAY_MS] as const;
    const days = await this.#between('flexDay', (value) => flexDayRecord.parse(value), house, span);
    const events = await this.#between('flexEvent', (value) => flexEventRecord.parse(value), house, span);
    const used = new Map<number, string>();
    const dayAt = (atMs: number): MeterDay => {
      const text = days.find(({ record }) => record.dayMs === atMs)?.text;
      if (text === undefined)
        throw gatewayError('RECORD_NOT_FOUND', `the day at ${atMs} of ${houseId} is not recorded`);
      used.set(atMs, text);
      return flexDayBody.parse(JSON.parse(text));
    };
    const called = events.map(({ record, text }): CalledEvent => {
      const { eventId, fromMs, untilMs, calledAtMs } = record;
      const reductionW = text === undefined ? 0n : flexEventBody.parse(JSON.parse(text)).reductionW;
      return { eventId, fromMs, untilMs, calledAtMs, reductionW };
    });
    const recorded = days.map(({ record }) => record).filter((day) => day.dayMs < dayMs);
    const lines = [...settleDay({ terms: flexibility, day: dayAt(dayMs), recorded, events: called, dayAt })];
    if (lines.length === 0)
      throw gatewayError(
        'LEDGER_WRONG_STATE',
        `${houseId} gave nothing on that day, and no event was called`,
      );
    const pair = { agreementId, vun, hun };
    const body = {
      ...{ houseId, ...pair, dayMs, cinRef, currency: terms.terms.currency, lines },
      totalMicros: lines.reduce((sum, { micros }) => sum + micros, 0n),
      salt: randomBytes(32).toString('hex'),
    };
    const sealed = sealBody(flexSettlementBody, body);
    const own = events.filter(({ record }) => record.fromMs >= dayMs).map(({ text }) => text ?? '');
    const commandId = `flex-${sealed.hash.slice(0, 32)}`;
    const endorsers = signatoriesOf(agreement).map((id) => registry.utility(id)?.mspId ?? id);
    await this.#kept.tell(`house-days/${houseId}`, {
      commandId,
      command: {
        contract: 'grid',
        transaction: 'settleDay',
        argument: canonicalText(gridCommands.settleDay, {
          ...{ commandId, houseId, dayMs, ...pair, bodyHash: sealed.hash },
          ...{ events: own.length, days: used.size },
        }),
        transient: {
          ...{ body: sealed.text, house: houseText, terms: terms.text },
          days: packBodies([...used.values()]),
          ...(own.length > 0 && { events: packBodies(own) }),
        },
        endorsers: [...new Set(endorsers)],
        role: 'aaa',
      },
    });
    const settled = await this.#settled(houseId, dayMs);
    if (settled === undefined) throw new Error(`${houseId}: what was settled is not in the read model`);
    return settled;
  }
}
