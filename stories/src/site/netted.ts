import { isDeepStrictEqual } from 'node:util';
import { chargeRunAnswer, type ChargeEntry } from '@roamgrid/wire';
import { bankOf } from '../bank/served-bank.ts';
import { paidOf } from '../netting/round.ts';
import { netRound, nettingIn } from '../scenario/settle.ts';
import { BOOKING, DRIVER, TERMS } from '../scenario/story.ts';
import { asker } from '../system/ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY } from '../system/consortium.ts';
import type { LocalSystem } from '../system/system.ts';
import { until } from '../system/until.ts';
import type { BookingDriver } from './site-5-driver.ts';

/** What a booking that was given back too late and what a car gave come to between two utilities: netted, and paid through a bank. */

const MINUTE_MS = 60_000;
const [DUK, ALP] = [DUKE_ENERGY.utilityId, ALABAMA_POWER.utilityId];

/** One line of a note, micros as a decimal string. */
interface Noted {
  readonly owed: string;
  readonly owes: string;
  readonly kind: string;
  readonly micros: string;
}

/** What each is to get in the round, and what of it moves now: whole cents. Negative amounts are owed. */
interface Position {
  readonly utilityId: string;
  readonly netMicros: string;
  readonly payableMicros: string;
}

interface Payment {
  readonly payer: string;
  readonly payee: string;
  readonly micros: string;
  readonly state: string;
  readonly by: readonly string[];
}

export interface NettedSeen {
  readonly notes: readonly Noted[];
  readonly positions: readonly Position[];
  readonly payments: readonly Payment[];
}

const notedIn = ({ record, body }: ChargeEntry): readonly Noted[] =>
  body.items.map(({ kind, amountMicros }) => ({
    ...{ owed: record.vun, owes: record.hun },
    ...{ kind, micros: amountMicros.toString() },
  }));

const charge = async (system: LocalSystem, creditor: string, periodId: string): Promise<ChargeEntry[]> => {
  const aaa = asker(system.keys.key(`${creditor}-aaa`), 'aaa', creditor, 'aaa');
  const url = `${system.utility(creditor).gateway.url}/internal/v1/periods/${periodId}/charges`;
  return (await aaa('POST', url, undefined, chargeRunAnswer)).charges;
};

/** The driver gives a booking back too late. */
const cancelLate = async (driver: BookingDriver): Promise<void> => {
  const fromMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + 20 * MINUTE_MS;
  const { reservationId } = await driver.booked('late', { fromMs, untilMs: fromMs + 15 * MINUTE_MS });
  await driver.cancel(reservationId);
};

/** Both utilities charge each other, net it in one round, and the one that owes pays by bank. */
export const netWithPartner = async (system: LocalSystem, driver: BookingDriver): Promise<NettedSeen> => {
  await cancelLate(driver);
  const periodId = new Date().toISOString().slice(0, 7);
  const { currency } = TERMS;
  const booked = await until('the booking is charged', async () => {
    const notes = await charge(system, DUK, periodId);
    return notes.length > 0 ? notes : undefined;
  });
  const given = await charge(system, ALP, periodId);
  const duke = system.utility(DUK);
  const bank = bankOf(system, { currency, nowMs: () => Date.now() });
  const { record, payments } = await netRound(duke, periodId, currency);
  for (const payment of payments) await bank.pay(payment);
  const settled = await nettingIn(duke, periodId, record.round, currency, 'settled');
  return {
    notes: [...booked, ...given].flatMap(notedIn),
    positions: settled.record.positions.map(({ utilityId, netMicros, payableMicros }) => ({
      utilityId,
      netMicros: netMicros.toString(),
      payableMicros: payableMicros.toString(),
    })),
    payments: paidOf(settled.payments).map(({ payer, payee, countedMicros, state, by }) => ({
      ...{ payer, payee, micros: countedMicros.toString() },
      ...{ state, by },
    })),
  };
};

const CENT_MICROS = 10_000n;

/** The agreed amount for the one, what the meter counted for the other; the round their difference, its payment whole cents of it. */
export const isNetted = ({ notes, positions, payments }: NettedSeen, givenMicros: string): boolean => {
  const lateMicros = BOOKING.noShowMicros[DRIVER.loyalty];
  const netMicros = lateMicros - BigInt(givenMicros);
  const payableMicros = (netMicros / CENT_MICROS) * CENT_MICROS;
  const expected: NettedSeen = {
    notes: [
      { owed: DUK, owes: ALP, kind: 'reservation', micros: lateMicros.toString() },
      { owed: ALP, owes: DUK, kind: 'v2l', micros: givenMicros },
    ],
    positions: [
      { utilityId: ALP, netMicros: (-netMicros).toString(), payableMicros: (-payableMicros).toString() },
      { utilityId: DUK, netMicros: netMicros.toString(), payableMicros: payableMicros.toString() },
    ],
    payments: [
      { payer: ALP, payee: DUK, micros: payableMicros.toString(), state: 'confirmed', by: ['bank'] },
    ],
  };
  return payableMicros > 0n && isDeepStrictEqual({ notes, positions, payments }, expected);
};
