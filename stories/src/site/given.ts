import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage, StageOptions } from '@roamgrid/energy-controller/stage';
import { bill, chargeRunAnswer, siteAllocations, type MeterJwk } from '@roamgrid/wire';
import { z } from 'zod';
import { GIVEN_MICROS_PER_KWH, TERMS } from '../scenario/story.ts';
import { asker } from '../system/ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY } from '../system/consortium.ts';
import type { LocalSystem } from '../system/system.ts';
import { until } from '../system/until.ts';

/** What a car gave to a site of Duke Energy: on the ledger, on Alabama Power's note, and on its driver's bill. */

const [DUK, ALP] = [DUKE_ENERGY.utilityId, ALABAMA_POWER.utilityId];
const MINUTE_MS = 60_000;
/** So long ago the site lives: each slot is over when it is told. */
const AGO_MS = 60 * MINUTE_MS;
const LOOKS = 100;

interface Line {
  readonly energyWh: string;
  readonly micros: string;
}

/** What the site's controller recorded, as both utilities and the driver see it afterwards. */
export interface GivenSeen {
  /** By the note: whom what cars gave is owed to, and who owes it. */
  readonly owed: string;
  readonly owes: string;
  readonly note: Line;
  readonly bill: Line;
  readonly payableMicros: string;
}

/** A car whose meter the site believes. */
interface RecordedCar {
  readonly sourceId: string;
  readonly cinRef: string;
  readonly meterId: string;
  readonly evseId: string;
  readonly publicKey: MeterJwk;
}

/** A site that records its slots at Duke Energy's gateway, in a time that is over, by a clock of its own. */
export const recordingAt = (system: LocalSystem, cars: readonly RecordedCar[]) => {
  // The first decision falls into a slot's second half: what holds changes within one.
  let nowMs = Math.floor((Date.now() - AGO_MS) / MINUTE_MS) * MINUTE_MS + MINUTE_MS / 2;
  const gateway = { url: system.utility(DUK).gateway.url, iss: 'aaa', key: system.keys.key(`${DUK}-aaa`) };
  return {
    pass: (ms: number): void => {
      nowMs += ms;
    },
    options: { clock: () => nowMs, controller: { gateway } } satisfies Partial<StageOptions>,
    record: {
      ...{ agreementId: TERMS.agreementId, hun: ALP, stationId: 's1', currency: TERMS.currency },
      ...{ tariffId: 'USDUK-FLAT', tariffVersion: 1, microsPerKWh: '400000' },
      ...{ givenMicrosPerKWh: GIVEN_MICROS_PER_KWH.toString(), slotMs: MINUTE_MS, batchSlots: 2 },
      ...{ meters: [], cars: [...cars] },
    },
  };
};

/** Until the controller has told all that is over. */
const allTold = async (stage: Stage, pass: (ms: number) => void): Promise<void> => {
  pass(4 * MINUTE_MS);
  await stage.step(0);
  for (let look = 0; look < LOOKS; look += 1) {
    await stage.controller.sites.get('s1')?.recorder?.look();
    const { body } = await stage.ask('GET', '/operator/v1/sites/s1/allocations');
    const { allocations } = siteAllocations.parse(body);
    if (allocations.length > 0 && allocations.every(({ state }) => state === 'taken')) return;
    await sleep(100);
  }
  throw new Error('a batch of the site did not come to the ledger');
};

const sumOf = (amounts: readonly bigint[]): string =>
  amounts.reduce((sum, each) => sum + each, 0n).toString();

/** Has what the site recorded charged by home, and its driver billed. */
export const owedForGiven = async (
  system: LocalSystem,
  stage: Stage,
  { pass }: ReturnType<typeof recordingAt>,
): Promise<GivenSeen> => {
  await allTold(stage, pass);
  const alabama = system.utility(ALP);
  const periodId = new Date().toISOString().slice(0, 7);
  const aaa = asker(system.keys.key(`${ALP}-aaa`), 'aaa', ALP, 'aaa');
  const charges = `${alabama.gateway.url}/internal/v1/periods/${periodId}/charges`;
  const note = await until('home charges for what cars gave', async () => {
    const run = await aaa('POST', charges, undefined, chargeRunAnswer);
    return run.charges.find(({ body }) => body.items.some(({ kind }) => kind === 'v2l'));
  });
  const items = note.body.items.flatMap((item) => (item.kind === 'v2l' ? [item] : []));
  const bills = `${alabama.aaa.url}/operator/v1/periods/${periodId}/bills`;
  const billed = await until('its driver is billed', async () => {
    const answer = z.strictObject({ bills: z.array(bill) });
    const run = await alabama.operator('POST', bills, { issue: false }, answer);
    return run.bills.find(({ given = [] }) => given.length === items.length);
  });
  const lines = billed.given ?? [];
  return {
    ...{ owed: note.record.vun, owes: note.record.hun },
    note: {
      energyWh: sumOf(items.map(({ energyWh }) => energyWh)),
      micros: sumOf(items.map(({ amountMicros }) => amountMicros)),
    },
    bill: {
      energyWh: sumOf(lines.map(({ energyWh }) => energyWh)),
      micros: sumOf(lines.map(({ micros }) => micros)),
    },
    payableMicros: billed.payableMicros.toString(),
  };
};
