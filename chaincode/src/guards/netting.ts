import { commitTo, pairBalances, sealBody } from '@roamgrid/wire';
import { invoiceCall, invoiceOf, payableOf } from '../testing/invoices.ts';
import { NettingStage, PERIOD } from '../testing/netting.ts';
import { by, saltOf } from '../testing/parties.ts';
import { received, receiptFor, sent } from '../testing/payments.ts';
import type { GuardTest, World } from './world.ts';

/** What somebody could make of a netting or its payments. */

interface Netting {
  readonly stage: NettingStage;
  readonly document: string;
  readonly owedMicros: bigint;
  isClosed: boolean;
}

const prepared = new WeakMap<World, Promise<Netting>>();

/** A round with one accepted invoice, called: one a world. */
const called = (world: World): Promise<Netting> => {
  const known = prepared.get(world) ?? prepare(world);
  prepared.set(world, known);
  return known;
};

const prepare = async (world: World): Promise<Netting> => {
  const place = await world.place();
  const closed = await world.ended(place);
  const { group, lane } = place;
  await world.settled(place, `b-${group}`, [closed]);
  const invoiceId = `i-${group}`;
  const batches = [{ batchId: `b-${group}`, closed: [closed] }];
  const { laneId } = lane;
  const invoice = invoiceCall(invoiceId, batches, { laneId, periodId: PERIOD });
  await world.tell(invoice);
  const command = { invoiceId, bodyHash: invoice.command['bodyHash'] ?? '' };
  await world.tell({ caller: by('USALP', 'aaa'), verb: 'clearing.accept', command });
  const payable = payableOf(invoiceOf(invoiceId, batches, { laneId, periodId: PERIOD }));
  const stage = await NettingStage.with([payable]);
  await world.tell(stage.calling());
  return { stage, document: `invoice:${invoiceId}`, owedMicros: payable.payableMicros, isClosed: false };
};

const closedIn = async (world: World): Promise<Netting> => {
  const netting = await called(world);
  if (!netting.isClosed) await world.tell(netting.stage.closingAgain('USALP', 'USDUK', [netting.document]));
  netting.isClosed = true;
  return netting;
};

/** A closing that says another balance, or commits to another than it says. */
const closingAs = ({ stage, document }: Netting, lowOwesMicros: bigint, committed = lowOwesMicros) => {
  const good = stage.closingAgain('USALP', 'USDUK', [document]);
  const blinding = saltOf('other');
  const balances = [{ currency: 'USD', lowOwesMicros, blinding }];
  const body = sealBody(pairBalances, { periodId: PERIOD, round: 1, low: 'USALP', high: 'USDUK', balances });
  const commitment = commitTo({ micros: committed, blinding });
  return {
    ...good,
    command: { ...good.command, commitments: [{ currency: 'USD', commitment }] },
    transient: { ...good.transient, balances: body.text },
  };
};

export const nettingGuards: readonly GuardTest[] = [
  {
    id: 'netting-balance',
    title: 'a pair commits to no other balance than its accepted documents add up to',
    run: async (world) => {
      const netting = await called(world);
      await world.refuses(closingAs(netting, netting.owedMicros - 1n), 'NOT_BALANCED');
    },
  },
  {
    id: 'netting-commitment',
    title: 'what stands on the ledger commits to the balance that both endorsers computed',
    run: async (world) => {
      const netting = await called(world);
      const other = closingAs(netting, netting.owedMicros, netting.owedMicros - 1n);
      await world.refuses(other, 'HASH_MISMATCH');
    },
  },
  {
    id: 'position-proven',
    title: 'nobody states a position that his balances do not come to',
    run: async (world) => {
      const { stage, owedMicros } = await closedIn(world);
      const good = stage.stating('USALP');
      const command = { ...good.command, netMicros: (1n - owedMicros).toString() };
      await world.refuses({ ...good, command }, 'NOT_BALANCED');
    },
  },
  {
    id: 'netting-silence',
    title: 'nobody nets before all have stated their positions or their time is over',
    run: async (world) => {
      const { stage } = await closedIn(world);
      await world.tell(stage.stating('USDUK'));
      await world.refuses(stage.netting('USDUK'), 'WRONG_STATE');
    },
  },
  {
    id: 'money-once',
    title: 'money that came counts once, whatever message tells of it',
    run: async (world) => {
      const { stage } = await closedIn(world);
      for (const utilityId of ['USALP', 'USDUK'] as const) await world.tell(stage.stating(utilityId));
      await world.tell(stage.netting('USDUK'));
      await world.tell(sent(stage, 'USALP', 1));
      await world.tell(received(stage, 'USDUK', 1, 1n));
      const { of } = receiptFor(1, 1n);
      await world.refuses(
        received(stage, 'USDUK', 1, 1n, 'again', { ...(of !== undefined && { of }) }),
        'CONFLICT',
      );
    },
  },
];
