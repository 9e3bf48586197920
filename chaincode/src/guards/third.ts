import assert from 'node:assert/strict';
import { notedIn, noteOf, notesCall } from '../testing/notes.ts';
import { AGREEMENT_ID, by, DAY_MS, MSP, NOW_MS, sealedTerms, termsOf } from '../testing/parties.ts';
import { openSession } from '../testing/opened.ts';
import { expiring } from './expiry.ts';
import { whileSuspended } from './home.ts';
import type { GuardTest, Place, World } from './world.ts';

/** What a third member could write, and what everybody could read. */

const noting = ({ lane: { laneId }, group }: Place, number = 1) =>
  notesCall([noteOf(`${laneId}-${number}`)], {
    commandId: `notes-${group}`,
    laneId,
    openings: [notedIn(1, [number])],
  });

const THIRD = by('USGPC', 'aaa');

/** An agreement that the third member proposed to the home utility, which has not signed it. */
const proposedOnly = async (world: World, { group }: Place) => {
  const terms = termsOf({ agreementId: `gpc-${group}`, parties: ['USALP', 'USGPC'] });
  const { hash: termsHash, text } = sealedTerms(terms);
  const propose = {
    caller: by('USGPC', 'operator'),
    verb: 'consortium.proposeAgreement',
    command: {
      agreementId: `gpc-${group}`,
      parties: ['USALP', 'USGPC'],
      termsHash,
      validFromMs: 0,
      validUntilMs: NOW_MS + DAY_MS,
      endNoticeMs: 0,
    },
    transient: { terms: text },
  };
  await world.tell(propose, [MSP.USALP, MSP.USGPC]);
  return { vun: 'USGPC', hun: 'USALP', agreementId: `gpc-${group}`, laneId: `USGPC-USALP-${group}` };
};

export const thirdGuards: readonly GuardTest[] = [
  {
    id: 'expire-foreign',
    title: 'a third member ends no session of a pair',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      await world.refuses(expiring(place, closed, THIRD), 'FORBIDDEN');
    },
  },
  {
    id: 'record-foreign',
    title: 'a third member notes nothing on a session of a pair',
    run: async (world) => {
      const place = await world.place();
      await world.ended(place);
      await world.refuses({ ...noting(place), caller: by('USGPC', 'station') }, 'FORBIDDEN');
    },
  },
  {
    id: 'record-unknown',
    title: 'nothing is noted on a session that was never opened',
    run: async (world) => {
      const place = await world.place();
      await world.ended(place);
      await world.refuses(noting(place, 2), 'NOT_FOUND');
    },
  },
  {
    id: 'unsigned-agreement',
    title: 'nothing is recorded under an agreement that one party alone has signed',
    run: async (world) => {
      const place = await world.place();
      const pair = await proposedOnly(world, place);
      const open = place.lane.open([await openSession(1)]);
      await world.refuses({ ...open, caller: THIRD, command: { ...open.command, ...pair } }, 'WRONG_STATE');
    },
  },
  {
    id: 'foreign-lane',
    title: 'a visited utility writes in the lanes of its own pairs alone',
    run: async (world) => {
      const place = await world.place();
      const open = place.lane.open([await openSession(1)]);
      const command = { ...open.command, laneId: `USGPC-USALP-${place.group}` };
      await world.refuses({ ...open, command }, 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'suspended-opens',
    title: 'a suspended visited utility opens nothing',
    run: async (world) => {
      const place = await world.place();
      const sessions = [await openSession(1)];
      await whileSuspended(world, 'USDUK', ['USALP', 'USGPC'], () =>
        world.refuses(place.lane.open(sessions), 'WRONG_STATE'),
      );
    },
  },
  {
    id: 'channel-name',
    title: 'what is signed for one channel is good in no other',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place, { quote: { channel: 'other' } });
      await world.refuses(place.lane.settle(`b-${place.group}`, [closed]), 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'soc-private',
    title: 'states of charge stand in no block, and no session is named beside them',
    run: async (world) => {
      const place = await world.place();
      await world.ended(place);
      const told = noting(place);
      const block = Buffer.from(await world.envelopeOf(told)).toString('latin1');
      assert.ok(block.includes(told.command.notesHash));
      const { bodies } = JSON.parse(told.transient.notes) as { bodies: string };
      for (const secret of [bodies, '654321', `${place.lane.laneId}-1`])
        assert.ok(!block.includes(secret), secret);
    },
  },
  {
    id: 'retention',
    title: 'a party purges its own bodies after the agreed term, and no sooner',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const batchId = `b-${place.group}`;
      await world.settled(place, batchId, [closed]);
      const purge = {
        caller: by('USALP', 'aaa'),
        verb: 'session.purge',
        command: {
          vun: 'USDUK',
          hun: 'USALP',
          agreementId: AGREEMENT_ID,
          batchIds: [batchId],
          noteIds: [],
          disputeIds: [],
        },
        transient: { terms: sealedTerms().text },
      };
      await world.refuses({ ...purge, nowMs: NOW_MS + 365 * DAY_MS }, 'WRONG_STATE');
      await world.tell({ ...purge, nowMs: NOW_MS + 365 * DAY_MS + 1 });
      const asked = world.ask('session.getBatchBodies', { batchId });
      await assert.rejects(asked, /NOT_FOUND/);
    },
  },
];
