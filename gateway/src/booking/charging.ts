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
import { chargesOf, uncharged, unchargedCompute, type UnchargedReservation } from './read.ts';

export interface ChargingContext extends KeptCommandsContext, CalendarContext {
  readonly ledgerNowMs: () => number;
}

interface Due {
  readonly hun: string;
  readonly agreementId: string;
  readonly item: ChargeItem;
  /** What travels beside the note: the body of a reservation, or the header of a batch. */
  readonly bodyText: string;
}

const QUEUE = 'charges';
/** Reservations looked at in one go. */
const LOOK = 2_000;

const newSalt = (): string => randomBytes(32).toString('hex');

/** Charges other utilities for what is no session: reservations of their customers, and energy for servers that work for them. */
export class Charging {
  readonly #context: ChargingContext;
  readonly #kept: KeptCommands;
  readonly #serial = new Serial();

  constructor(context: ChargingContext) {
    this.#context = context;
    this.#kept = new KeptCommands(context);
  }

  /** Told again, it charges what has come due since and gives all notes of the period. */
  run(periodId: string): Promise<ChargeEntry[]> {
    return this.#serial.run(QUEUE, async () => {
      while (await this.#kept.finish(QUEUE));
      for (;;) {
        const due = await this.#due();
        if (due.length === 0) break;
        await this.#tell(periodId, due);
      }
      return this.list('vun', periodId);
    });
  }

  list(role: 'hun' | 'vun', periodId: string): Promise<ChargeEntry[]> {
    const { db, utilityId } = this.#context;
    return chargesOf(db, utilityId, role, periodId);
  }

  /** What the first home utility in line owes under one agreement and may be charged now. */
  async #due(): Promise<readonly Due[]> {
    const { db, utilityId } = this.#context;
    const reservations = (await uncharged(db, utilityId, LOOK)).flatMap((each) => this.#dueOf(each));
    const batches = (await unchargedCompute(db, utilityId, LOOK)).map(({ header, text }): Due => ({
      hun: header.hun,
      agreementId: header.agreementId,
      item: {
        kind: 'compute',
        batchId: header.batchId,
        energyWh: header.serversWh,
        amountMicros: header.totalMicros,
      },
      bodyText: text,
    }));
    const all = [...reservations, ...batches];
    const [first] = all;
    return all
      .filter(({ hun, agreementId }) => hun === first?.hun && agreementId === first.agreementId)
      .slice(0, BOOKING_LIMITS.chargeItems);
  }

  #dueOf({ shown: { record, body }, bodyText }: UnchargedReservation): readonly Due[] {
    const { registry, ledgerNowMs } = this.#context;
    const agreement = registry.agreement(record.agreementId);
    const booking = agreement && registry.terms(record.agreementId, agreement.version)?.terms.booking;
    if (body === undefined || booking === undefined) return [];
    const isOpen = record.state === 'no-show' && ledgerNowMs() <= record.changedAtMs + booking.contestMs;
    const amountMicros = owedFor(record, body);
    if (isOpen || amountMicros === 0n) return [];
    const { hun, agreementId, reservationId } = record;
    return [{ hun, agreementId, item: { kind: 'reservation', reservationId, amountMicros }, bodyText }];
  }

  async #tell(periodId: string, due: readonly Due[]): Promise<void> {
    const { registry, utilityId: vun } = this.#context;
    const [first] = due;
    if (first === undefined) return;
    const { agreementId, hun } = first;
    const agreement = registry.agreement(agreementId);
    const terms = agreement && registry.terms(agreementId, agreement.version);
    const [own, home] = [registry.utility(vun), registry.utility(hun)];
    if (terms === undefined || own === undefined || home === undefined)
      throw new Error(`agreement ${agreementId} is not in the read model`);
    const chargeId = `chg-${periodId}-${hun}-${randomBytes(8).toString('hex')}`;
    const pair = { chargeId, agreementId, vun, hun, periodId };
    const { currency } = terms.terms;
    const items = due.map(({ item }) => item);
    const payableMicros = items.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
    const textsOf = (kind: ChargeItem['kind']) =>
      `[${due.flatMap(({ item, bodyText }) => (item.kind === kind ? [bodyText] : [])).join()}]`;
    const body = sealBody(chargeBody, {
      ...pair,
      currency,
      items,
      energyWh: items.reduce((sum, item) => sum + (item.kind === 'compute' ? item.energyWh : 0n), 0n),
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
    await this.#kept.tell(QUEUE, {
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
        },
        endorsers: [own.mspId, home.mspId],
        role: 'aaa',
      },
    });
  }
}
