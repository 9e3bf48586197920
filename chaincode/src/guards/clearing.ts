import assert from 'node:assert/strict';
import { disputeIdOf, hashTree } from '@roamgrid/wire';
import { answerCall, answerOf, partCall, reinvoiceCall } from '../testing/disputes.ts';
import { invoiceCall } from '../testing/invoices.ts';
import {
  AGREEMENT_ID,
  by,
  DAY_MS,
  HOUR_MS,
  makeKey,
  monthAt,
  NOW_MS,
  sealedTerms,
  SILENT_MS,
} from '../testing/parties.ts';
import { closeSession, readingsOf, type ClosedSession } from '../testing/closed.ts';
import { PAST } from '../testing/opened.ts';
import type { GuardTest, Place, World } from './world.ts';

/** What a party alone could make of a record that is disputed, taken back or missing. */

export const invoiced = async (world: World) => {
  const place = await world.place();
  const closed = await world.ended(place);
  const batch = { batchId: `b-${place.group}`, closed: [closed] };
  await world.settled(place, batch.batchId, batch.closed);
  const { laneId } = place.lane;
  const invoice = invoiceCall(`i-${laneId}`, [batch], { laneId });
  await world.tell(invoice);
  return { place, closed, batch, invoice };
};

const disputed = async (world: World) => {
  const told = await invoiced(world);
  await world.tell(partCall(told.batch, [0]));
  return told;
};

export const upheld = async (world: World) => {
  const told = await disputed(world);
  await world.tell(answerCall(told.closed, 'upheld'));
  return told;
};

/** The same session, of which less was parked. */
export const cheaper = (
  { open }: ClosedSession,
  over: Parameters<typeof closeSession>[1] = {},
): ClosedSession =>
  closeSession(open, { readings: readingsOf(1, [{}, {}, {}, { charging: true }]), ...over });

const demanding = ({ lane }: Place, nowMs: number) => ({
  caller: by('USALP', 'aaa'),
  verb: 'clearing.demand',
  command: {
    vun: 'USDUK',
    hun: 'USALP',
    agreementId: AGREEMENT_ID,
    laneId: lane.laneId,
    number: 1,
    slot: 1,
  },
  transient: { terms: sealedTerms().text },
  nowMs,
});

export const clearingGuards: readonly GuardTest[] = [
  {
    id: 'dispute-amount',
    title: 'a dispute credits what the contract computes for its record, not what home states',
    run: async (world) => {
      const { batch } = await invoiced(world);
      await world.refuses(partCall(batch, [0], { totalMicros: 1n }), 'CDR_MISMATCH');
    },
  },
  {
    id: 'dispute-proof',
    title: 'home disputes no record that does not lie in the invoice’s batch',
    run: async (world) => {
      const { batch, closed } = await invoiced(world);
      const other = cheaper(closed);
      const told = partCall({ ...batch, closed: [other] }, [0]);
      const real = partCall(batch, [0]);
      const { bodyHash } = real.command;
      assert.ok(bodyHash !== undefined && hashTree([other.hash]).root !== hashTree([closed.hash]).root);
      const forged = {
        ...told,
        command: { ...told.command, bodyHash },
        transient: { ...told.transient, body: real.transient.body },
      };
      await world.refuses(forged, 'HASH_MISMATCH');
    },
  },
  {
    id: 'answer-amount',
    title:
      'an answer to a dispute comes to what the contract computes, not to what the visited utility states',
    run: async (world) => {
      const { closed } = await disputed(world);
      const told = answerCall(closed, 'upheld', undefined, { payableMicros: 99_000_000n });
      await world.refuses(told, 'CDR_MISMATCH');
    },
  },
  {
    id: 'revision-signed',
    title: 'a record is revised by what the outlet’s meter signed alone',
    run: async (world) => {
      const { closed } = await disputed(world);
      const stray = cheaper(closed, {
        readings: readingsOf(1, [{}, {}, {}, { charging: true }]),
        meterKey: makeKey('stray'),
      });
      await world.refuses(answerCall(closed, 'revised', stray), 'BAD_SIGNATURE');
    },
  },
  {
    id: 'revision-span',
    title: 'a revision counts no energy and no time outside the settled session',
    run: async (world) => {
      const { closed } = await disputed(world);
      const endMs = closed.body.readings.at(-1)?.atMs ?? 0;
      const longer = closeSession(closed.open, {
        readings: readingsOf(1, [{}, {}, {}, {}, { atMs: endMs + 60_000 }]),
      });
      await world.refuses(answerCall(closed, 'revised', longer), 'OVERLAP');
    },
  },
  {
    id: 'dispute-silence',
    title:
      'the visited utility’s silence on a dispute credits the record once its time is over, and no sooner',
    run: async (world) => {
      const { closed } = await disputed(world);
      const told = {
        caller: by('USALP', 'aaa'),
        verb: 'clearing.creditBySilence',
        command: { disputeId: disputeIdOf(closed.hash) },
        transient: { terms: sealedTerms().text },
      };
      await world.refuses({ ...told, nowMs: NOW_MS + SILENT_MS }, 'WRONG_STATE');
      await world.tell({ ...told, nowMs: NOW_MS + SILENT_MS + 1 });
    },
  },
  {
    id: 'answer-silence',
    title: 'home’s silence on an answer accepts it once its time is over, and no sooner',
    run: async (world) => {
      const { closed, batch } = await upheld(world);
      const then = monthAt(NOW_MS + SILENT_MS + 1);
      const of = reinvoiceCall(closed, answerOf(closed, 'upheld'), batch.batchId, then);
      const told = { ...of, caller: by('USDUK', 'aaa') };
      await world.refuses({ ...told, nowMs: NOW_MS + SILENT_MS }, 'WRONG_STATE');
      await world.tell({ ...told, nowMs: NOW_MS + SILENT_MS + 1 });
    },
  },
  {
    id: 'supplement-amount',
    title: 'a record comes back on an invoice of what its answer says, not more and not less',
    run: async (world) => {
      const { closed, batch } = await upheld(world);
      const answer = answerOf(closed, 'upheld');
      const more = reinvoiceCall(closed, { ...answer, payableMicros: 99_000_000n }, batch.batchId);
      const { answer: real } = reinvoiceCall(closed, answer, batch.batchId).transient;
      await world.refuses({ ...more, transient: { ...more.transient, answer: real } }, 'CDR_MISMATCH');
    },
  },
  {
    id: 'cancel-accepted',
    title: 'an invoice is taken back only as long as nobody accepted it',
    run: async (world) => {
      const { invoice } = await disputed(world);
      const told = {
        caller: by('USDUK', 'aaa'),
        verb: 'clearing.cancel',
        command: { invoiceId: invoice.command['invoiceId'] ?? '' },
        transient: { body: invoice.transient.body },
      };
      await world.refuses(told, 'WRONG_STATE');
    },
  },
  {
    id: 'demand-early',
    title: 'home demands no record whose time is not over',
    run: async (world) => {
      const place = await world.place();
      await world.opened(place, [1]);
      await world.refuses(demanding(place, PAST.baseMs + 30 * DAY_MS + 2 * HOUR_MS), 'WRONG_STATE');
    },
  },
];
