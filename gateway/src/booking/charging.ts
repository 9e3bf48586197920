import { randomBytes } from 'node:crypto';
import {
  BOOKING_LIMITS,
  canonicalText,
  chargeBody,
  clearingCommands,
  owedFor,
  payableStatement,
  sealBody,
  type ChargeEntry,
  type ChargeItem,
} from '@roamgrid/wire';
import { KeptCommands, type KeptCommandsContext } from '../clearing/kept-commands.ts';
import { Serial } from '../station-api/serial.ts';
import type { CalendarContext } from './calendar.ts';
import { unchargedEnergyOf } from './energy.ts';
import { unchargedDaysOf } from './house-days.ts';
import { chargesOf, debtorsOf, unchargedOf, type Debtor, type UnchargedReservation } from './read.ts';

export interface ChargingContext extends KeptCommandsContext, CalendarContext {
  readonly ledgerNowMs: () => number;
}

interface Due {
  /** More than one of a house's day, which stands on one note whole. */
  readonly items: readonly ChargeItem[];
  /** What travels beside the note: the body of a reservation, or the header of a batch. */
  readonly bodyText: string;
}

/** What is looked at in one go. */
const LOOK = 2_000;

/** Queue of the commands that charge one debtor: one at a time, and none waits for another debtor's. */
const queueOf = ({ hun, agreementId }: Debtor): string => `charges/${hun}/${agreementId}`;

/** What was not taken flowed nowhere. */
const flowedWh = (item: ChargeItem): bigint =>
  item.kind === 'reservation' || (item.kind === 'flexibility' && item.line === 'DR') ? 0n : item.energyWh;

const newSalt = (): string => randomBytes(32).toString('hex');

/**
 * Charges other utilities for what is no session: reservations of their customers, energy for servers that work for them, what own customers'
 * cars gave at their sites, and what own customers' houses did for their grids.
 */
export class Charging {
  readonly #context: ChargingContext;
  readonly #kept: KeptCommands;
  readonly #serial = new Serial();

  constructor(context: ChargingContext) {
    this.#context = context;
    this.#kept = new KeptCommands(context);
  }

  /**
   * Told again, it charges what has come due since and gives all notes of the period. A debtor that is away holds up no other.
   * @throws ServiceError of the first that could not be charged, once all were tried
   */
  run(periodId: string): Promise<ChargeEntry[]> {
    return this.#serial.run('charges', async () => {
      const { db, utilityId } = this.#context;
      const failures: unknown[] = [];
      for (const debtor of await debtorsOf(db, utilityId))
        await this.#charge(debtor, periodId).catch((thrown: unknown) => failures.push(thrown));
      if (failures.length > 0) throw failures[0];
      return this.list('vun', periodId);
    });
  }

  async #charge(debtor: Debtor, periodId: string): Promise<void> {
    while (await this.#kept.finish(queueOf(debtor)));
    for (;;) {
      const due = await this.#due(debtor);
      if (due.length === 0) return;
      await this.#tell(debtor, periodId, due);
    }
  }

  list(role: 'hun' | 'vun', periodId: string): Promise<ChargeEntry[]> {
    const { db, utilityId } = this.#context;
    return chargesOf(db, utilityId, role, periodId);
  }

  /** What a debtor may be charged now. */
  async #due(debtor: Debtor): Promise<readonly Due[]> {
    const { db, utilityId } = this.#context;
    const reservations = await unchargedOf(db, utilityId, debtor, LOOK);
    const energy = await unchargedEnergyOf(db, utilityId, debtor, BOOKING_LIMITS.chargeItems);
    const due: readonly Due[] = [
      ...reservations.flatMap((each) => this.#dueOf(each)),
      ...energy.map(({ item, text }) => ({ items: [item], bodyText: text })),
      ...(await unchargedDaysOf(db, utilityId, debtor, BOOKING_LIMITS.chargeItems)),
    ];
    let count = 0;
    return due.filter(({ items }) => (count += items.length) <= BOOKING_LIMITS.chargeItems);
  }

  #dueOf({ shown: { record, body }, bodyText }: UnchargedReservation): readonly Due[] {
    const { registry, ledgerNowMs } = this.#context;
    const agreement = registry.agreement(record.agreementId);
    const booking = agreement && registry.terms(record.agreementId, agreement.version)?.terms.booking;
    if (body === undefined || booking === undefined) return [];
    const isOpen = record.state === 'no-show' && ledgerNowMs() <= record.changedAtMs + booking.contestMs;
    const amountMicros = owedFor(record, body);
    if (isOpen || amountMicros === 0n) return [];
    const { reservationId } = record;
    return [{ items: [{ kind: 'reservation', reservationId, amountMicros }], bodyText }];
  }

  async #tell(debtor: Debtor, periodId: string, due: readonly Due[]): Promise<void> {
    const { registry, utilityId: vun } = this.#context;
    const { agreementId, hun } = debtor;
    const agreement = registry.agreement(agreementId);
    const terms = agreement && registry.terms(agreementId, agreement.version);
    const [own, home] = [registry.utility(vun), registry.utility(hun)];
    if (terms === undefined || own === undefined || home === undefined)
      throw new Error(`agreement ${agreementId} is not in the read model`);
    const chargeId = `chg-${periodId}-${hun}-${randomBytes(8).toString('hex')}`;
    const pair = { chargeId, agreementId, vun, hun, periodId };
    const { currency } = terms.terms;
    const items = due.flatMap((each) => each.items);
    const payableMicros = items.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
    const textsOf = (kind: ChargeItem['kind']) =>
      `[${due.flatMap(({ items: [first], bodyText }) => (first?.kind === kind ? [bodyText] : [])).join()}]`;
    const body = sealBody(chargeBody, {
      ...pair,
      currency,
      items,
      energyWh: items.reduce((sum, item) => sum + flowedWh(item), 0n),
      payableMicros,
      salt: newSalt(),
    });
    const payable = sealBody(payableStatement, {
      invoiceId: chargeId,
      periodId,
      debtor: hun,
      creditor: vun,
      currency,
      payableMicros,
      salt: newSalt(),
    });
    await this.#kept.tell(queueOf(debtor), {
      commandId: chargeId,
      command: {
        contract: 'clearing',
        transaction: 'charge',
        argument: canonicalText(clearingCommands.charge, {
          commandId: chargeId,
          ...pair,
          bodyHash: body.hash,
          payableHash: payable.hash,
        }),
        transient: {
          body: body.text,
          payable: payable.text,
          terms: terms.text,
          reservations: textsOf('reservation'),
          allocations: textsOf('compute'),
          given: textsOf('v2l'),
          flexibility: textsOf('flexibility'),
        },
        endorsers: [own.mspId, home.mspId],
        role: 'aaa',
      },
    });
  }
}
