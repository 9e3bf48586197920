import { closeSession, readingsOf } from '../testing/closed.ts';
import { answerCall, answerOf, partCall, reinvoiceCall } from '../testing/disputes.ts';
import { acceptCall, contestCall, creditCall } from '../testing/late-disputes.ts';
import { CONTEST_MS, DAY_MS, monthAt, NOW_MS } from '../testing/parties.ts';
import { invoiced, upheld } from './clearing.ts';
import type { GuardTest, World } from './world.ts';

/** What a party alone could make of a record that is contested after its invoice was accepted. */

const accepted = async (world: World) => {
  const told = await invoiced(world);
  await world.tell(acceptCall(told.batch));
  return told;
};

const contested = async (world: World) => {
  const told = await accepted(world);
  await world.tell(contestCall(told.batch, [0]));
  return told;
};

export const lateGuards: readonly GuardTest[] = [
  {
    id: 'contest-time',
    title: 'home contests what it accepted as long as the agreement lets it, and no longer',
    run: async (world) => {
      const { batch } = await accepted(world);
      const told = contestCall(batch, [0]);
      await world.refuses({ ...told, nowMs: NOW_MS + CONTEST_MS + 1 }, 'EXPIRED');
      await world.tell({ ...told, nowMs: NOW_MS + CONTEST_MS });
    },
  },
  {
    id: 'contest-accepted',
    title: 'home asks nothing back of an invoice that nobody accepted',
    run: async (world) => {
      const { batch } = await invoiced(world);
      await world.refuses(contestCall(batch, [0]), 'WRONG_STATE');
    },
  },
  {
    id: 'dispute-once',
    title: 'a record is disputed once, before its invoice was accepted or afterwards',
    run: async (world) => {
      const { batch } = await invoiced(world);
      await world.tell(partCall(batch, [0]));
      await world.refuses(contestCall(batch, [0]), 'CONFLICT');
    },
  },
  {
    id: 'late-twice',
    title: 'a record that was contested late and upheld is not invoiced a second time',
    run: async (world) => {
      const { batch, closed } = await contested(world);
      await world.tell(answerCall(closed, 'upheld'));
      const told = reinvoiceCall(closed, answerOf(closed, 'upheld'), batch.batchId);
      await world.refuses(told, 'WRONG_STATE');
    },
  },
  {
    id: 'late-upwards',
    title: 'what home accepted is not revised upwards when it is contested',
    run: async (world) => {
      const { closed } = await contested(world);
      const dearer = closeSession(closed.open, { readings: readingsOf(1, [{}, {}, { charging: false }]) });
      await world.refuses(answerCall(closed, 'revised', dearer), 'OUTSIDE_AGREEMENT');
    },
  },
  {
    id: 'credit-amount',
    title: 'a credit note takes back what was billed less what stands, not more and not less',
    run: async (world) => {
      const { closed } = await contested(world);
      await world.tell(answerCall(closed, 'credited'));
      const answer = answerOf(closed, 'credited');
      await world.refuses(creditCall(closed, answer, { payableMicros: 99_000_000n }), 'CDR_MISMATCH');
    },
  },
  {
    id: 'dispute-period',
    title: 'what a dispute came to is netted in a period that runs, not in one that nobody ever nets',
    run: async (world) => {
      const never = monthAt(NOW_MS + 40 * DAY_MS);
      const { closed: late } = await contested(world);
      await world.tell(answerCall(late, 'credited'));
      const note = creditCall(late, answerOf(late, 'credited'), {}, never);
      await world.refuses(note, 'INVALID_ARGUMENT');
      const { closed, batch } = await upheld(world);
      const supplement = reinvoiceCall(closed, answerOf(closed, 'upheld'), batch.batchId, never);
      await world.refuses(supplement, 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'credit-twice',
    title: 'what was taken off an invoice is not credited by a note as well',
    run: async (world) => {
      const { batch, closed } = await invoiced(world);
      await world.tell(partCall(batch, [0]));
      await world.tell(answerCall(closed, 'credited'));
      await world.refuses(creditCall(closed, answerOf(closed, 'credited')), 'WRONG_STATE');
    },
  },
];
