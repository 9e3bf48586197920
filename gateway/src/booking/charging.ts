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
  type ShownReservation,
} from '@roamgrid/wire';
import { KeptCommands, type KeptCommandsContext } from '../clearing/kept-commands.ts';
import { Serial } from '../station-api/serial.ts';
import type { CalendarContext } from './calendar.ts';
import { chargesOf, uncharged } from './read.ts';

export interface ChargingContext extends KeptCommandsContext, CalendarContext {
  readonly ledgerNowMs: () => number;
}

interface Due {
  readonly shown: ShownReservation;
  readonly bodyText: string;
  readonly owedMicros: bigint;
}

const QUEUE = 'charges';
/** Reservations looked at in one go. */
const LOOK = 2_000;

const newSalt = (): string => randomBytes(32).toString('hex');

/** Charges home utilities for reservations of their customers: one note for each of them and a hundred reservations. */
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
    const { db, utilityId, registry, ledgerNowMs } = this.#context;
    const all = (await uncharged(db, utilityId, LOOK)).flatMap(({ shown, bodyText }): readonly Due[] => {
      const { record, body } = shown;
      const agreement = registry.agreement(record.agreementId);
      const booking = agreement && registry.terms(record.agreementId, agreement.version)?.terms.booking;
      if (body === undefined || booking === undefined) return [];
      const isOpen = record.state === 'no-show' && ledgerNowMs() <= record.changedAtMs + booking.contestMs;
      const owedMicros = owedFor(record, body);
      return isOpen || owedMicros === 0n ? [] : [{ shown, bodyText, owedMicros }];
    });
    const [first] = all;
    return all
      .filter(
        ({ shown: { record } }) =>
          record.hun === first?.shown.record.hun && record.agreementId === first.shown.record.agreementId,
      )
      .slice(0, BOOKING_LIMITS.chargeItems);
  }

  async #tell(periodId: string, due: readonly Due[]): Promise<void> {
    const { registry } = this.#context;
    const [first] = due;
    if (first === undefined) return;
    const { agreementId, vun, hun } = first.shown.record;
    const agreement = registry.agreement(agreementId);
    const terms = agreement && registry.terms(agreementId, agreement.version);
    const [own, home] = [registry.utility(vun), registry.utility(hun)];
    if (terms === undefined || own === undefined || home === undefined)
      throw new Error(`agreement ${agreementId} is not in the read model`);
    const chargeId = `chg-${periodId}-${hun}-${randomBytes(8).toString('hex')}`;
    const pair = { chargeId, agreementId, vun, hun, periodId };
    const { currency } = terms.terms;
    const payableMicros = due.reduce((sum, { owedMicros }) => sum + owedMicros, 0n);
    const body = sealBody(chargeBody, {
      ...pair,
      currency,
      items: due.map(({ shown, owedMicros }) => ({
        kind: 'reservation' as const,
        reservationId: shown.record.reservationId,
        amountMicros: owedMicros,
      })),
      energyWh: 0n,
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
          reservations: `[${due.map(({ bodyText }) => bodyText).join()}]`,
        },
        endorsers: [own.mspId, home.mspId],
        role: 'aaa',
      },
    });
  }
}
