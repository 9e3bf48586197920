import assert from 'node:assert/strict';
import { utilityRecord } from '@roamgrid/wire';
import { decode } from '../context/index.ts';
import { invoiceCall } from '../testing/invoices.ts';
import {
  AGREEMENT_ID,
  ballot,
  by,
  DAY_MS,
  makeKey,
  MSP,
  NOW_MS,
  registration,
  sealedTerms,
  termsOf,
  utilityOf,
  type Utility,
} from '../testing/parties.ts';
import { closeSession } from '../testing/closed.ts';
import { expiring, OVER_MS } from './expiry.ts';
import type { GuardTest, World } from './world.ts';

/** What a home utility alone could refuse after its yes. */

const statusVersion = async (world: World, utilityId: Utility): Promise<number> =>
  decode(utilityRecord, await world.ask('consortium.getUtility', { utilityId }), 'utility').statusVersion;

/** Suspends a utility by the votes of the two others, for as long as something runs. */
export const whileSuspended = async (
  world: World,
  subject: Utility,
  voters: readonly Utility[],
  run: () => Promise<void>,
): Promise<void> => {
  const vote = async (decision: string) => {
    const version = await statusVersion(world, subject);
    for (const voter of voters) await world.tell(ballot(voter, subject, { decision, version }));
  };
  await vote('suspend');
  try {
    await run();
  } finally {
    await vote('reinstate');
  }
};

export const homeGuards: readonly GuardTest[] = [
  {
    id: 'new-keys-after-yes',
    title: 'what home consented to is closed though home has other keys since',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const signingKeys = (key: object) => ({
        utility: { ...utilityOf('USALP'), signingKeys: [{ ...key }] },
      });
      const told = registration('USALP');
      await world.tell({ ...told, command: signingKeys(makeKey('alp-new').jwk) });
      try {
        await world.settled(place, `b-${place.group}`, [closed]);
      } finally {
        await world.tell(told);
      }
    },
  },
  {
    id: 'suspended-after-yes',
    title: 'what home consented to is closed though home was suspended since',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      await whileSuspended(world, 'USALP', ['USDUK', 'USGPC'], () =>
        world.settled(place, `b-${place.group}`, [closed]),
      );
    },
  },
  {
    id: 'yes-of-tomorrow',
    title: 'a yes that home dates ahead counts for nothing, so that no later key can take it back',
    run: async (world) => {
      const place = await world.place();
      const authorisation = { issuedAtMs: NOW_MS, validUntilMs: NOW_MS + DAY_MS };
      const closed = await world.ended(place, { authorisation });
      await world.refuses(place.lane.settle(`b-${place.group}`, [closed]), 'EXPIRED');
    },
  },
  {
    id: 'peer-away-claim',
    title:
      'an end that was claimed while home’s peer was away does not expire and is settled after its bound',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const { lane, group } = place;
      const commandId = `claim-${group}`;
      const claim = lane.claim([closed]);
      // Without the home utility's peer.
      await world.tell({ ...claim, command: { ...claim.command, commandId } }, [MSP.USDUK, MSP.USGPC]);
      await world.refuses(expiring(place, closed), 'WRONG_STATE');
      const claims = lane.claimProofs(commandId, [closed]);
      await world.tell({
        ...lane.settle(`b-${group}`, [closed], { proofs: { claims } }),
        nowMs: OVER_MS + 90 * DAY_MS,
      });
    },
  },
  {
    id: 'claim-once',
    title: 'one end of a session is claimed, not several to choose from',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      await world.tell(place.lane.claim([closed]));
      const other = closeSession(closed.open, { endReason: 'full' });
      await world.refuses(place.lane.claim([other]), 'WRONG_STATE');
    },
  },
  {
    id: 'opening-agreement',
    title: 'a session ends by the terms that it opened under, not by another agreement of the pair',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const agreementId = `short-${place.group}`;
      const { hash: termsHash, text } = sealedTerms(
        termsOf({ agreementId, cdrBoundMs: 1, expiryGraceMs: 0 }),
      );
      const propose = {
        caller: by('USALP', 'operator'),
        verb: 'consortium.proposeAgreement',
        command: {
          agreementId,
          parties: ['USALP', 'USDUK'],
          termsHash,
          validFromMs: 0,
          validUntilMs: NOW_MS + DAY_MS,
          endNoticeMs: 0,
        },
        transient: { terms: text },
      };
      await world.tell(propose);
      const sign = { agreementId, version: 1, termsHash };
      await world.tell({ caller: by('USDUK', 'operator'), verb: 'consortium.signAgreement', command: sign });
      const { transient, ...told } = expiring(place, closed);
      const short = { ...told, transient: { ...transient, terms: text }, nowMs: NOW_MS };
      await world.refuses({ ...short, command: { ...told.command, agreementId } }, 'OUTSIDE_AGREEMENT');
    },
  },
  {
    id: 'invoice-silence',
    title: 'home’s silence on an invoice for the agreed time accepts it, and no sooner',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const { group, lane } = place;
      await world.settled(place, `b-${group}`, [closed]);
      const invoice = invoiceCall(`i-${group}`, [{ batchId: `b-${group}`, closed: [closed] }], {
        laneId: lane.laneId,
      });
      await world.tell(invoice);
      const bodyHash = invoice.command['bodyHash'] ?? '';
      const silent = {
        caller: by('USDUK', 'aaa'),
        verb: 'clearing.accept',
        command: { invoiceId: `i-${group}`, bodyHash },
        transient: { terms: sealedTerms().text },
      };
      await world.refuses({ ...silent, nowMs: NOW_MS + 31 * DAY_MS }, 'WRONG_STATE');
      await world.tell({ ...silent, nowMs: NOW_MS + 31 * DAY_MS + 1 });
    },
  },
];

/** Last of all: it is not undone. */
export const lastGuards: readonly GuardTest[] = [
  {
    id: 'agreement-ended-after-yes',
    title: 'what home consented to is closed though home has ended the agreement since',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const end = { agreementId: AGREEMENT_ID, version: 1 };
      await world.tell({ caller: by('USALP', 'operator'), verb: 'consortium.endAgreement', command: end });
      await world.settled(place, `b-${place.group}`, [closed]);
      // Until its notice is over, who is on his way is served too.
      const [next] = await world.opened(place, [2]);
      assert.ok(next);
      await world.settled(place, `c-${place.group}`, [closeSession(next)]);
    },
  },
];
