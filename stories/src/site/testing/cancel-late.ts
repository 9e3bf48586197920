import { setTimeout as sleep } from 'node:timers/promises';
import { bill, chargeRunAnswer } from '@roamgrid/wire';
import { z } from 'zod';
import { DRIVER } from '../../scenario/story.ts';
import { asker } from '../../system/ask.ts';
import type { LocalSystem } from '../../system/system.ts';
import { signIn } from '../site-5.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LOOKS = 100;

/** A customer whose account is in euros books at a station whose fees are in dollars, and gives the outlet back too late. */
export const cancelLateAbroad = async (system: LocalSystem, home: string, visited: string) => {
  const alabama = system.utility(home);
  const driver = await signIn(system, {
    ...DRIVER,
    ...{ login: 'erika', currency: 'EUR', customerNumber: '0054321' },
  });
  const rate = (rateMicros: string, validFromMs: number) =>
    alabama.operator('POST', `${alabama.aaa.url}/operator/v1/exchange-rates`, {
      ...{ from: 'USD', to: 'EUR', rateMicros, source: 'ECB' },
      ...{ validFromMs, validUntilMs: Date.now() + DAY_MS },
    });
  const fromMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + 20 * MINUTE_MS;
  const unrated = await driver.refusal('late-0', { fromMs, untilMs: fromMs + 15 * MINUTE_MS });
  if (unrated !== 'RATE_NOT_STATED') throw new Error(`without a rate it was ${unrated}`);
  await rate('900000', Date.now() - DAY_MS);
  const terms = await driver.terms();
  const booked = await driver.booked('late-1', { fromMs, untilMs: fromMs + 15 * MINUTE_MS });
  // What is stated later is of no account for what was booked.
  await rate('500000', Date.now() - MINUTE_MS);
  await driver.cancel(booked.reservationId);

  const periodId = new Date().toISOString().slice(0, 7);
  const aaa = asker(system.keys.key(`${visited}-aaa`), 'aaa', visited, 'aaa');
  const charges = `${system.utility(visited).gateway.url}/internal/v1/periods/${periodId}/charges`;
  const noted = async () => (await aaa('POST', charges, undefined, chargeRunAnswer)).charges;
  const isNoted = (entries: Awaited<ReturnType<typeof noted>>): boolean =>
    entries.some(({ body }) =>
      body.items.some((item) => item.kind === 'reservation' && item.reservationId === booked.reservationId),
    );
  const billed = async () =>
    (
      await alabama.operator(
        'POST',
        `${alabama.aaa.url}/operator/v1/periods/${periodId}/bills`,
        { issue: false },
        z.strictObject({ bills: z.array(bill) }),
      )
    ).bills;
  for (let look = 0; look < LOOKS; look += 1) {
    const notes = await noted();
    const bills = await billed();
    if (isNoted(notes) && bills.some(({ bookings = [] }) => bookings.length > 0))
      return { terms, booked, notes, bills: await billed() };
    await sleep(100);
  }
  throw new Error('nothing of it came to a bill');
};
