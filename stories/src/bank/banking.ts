import { join } from 'node:path';
import {
  gatewayLedger,
  openDesk,
  openFileDrop,
  serveDrops,
  SimulatedBank,
  withPayouts,
  type Desk,
  type Temper,
} from '@roamgrid/bank';
import { createAssertionSigner } from '@roamgrid/service-kit';
import type { LocalSystem } from '../system/system.ts';
import { customersOf, membersOf, payeesOf } from './accounts.ts';

/** A bank for all utilities of a system, and a desk at each, joined by folders. */
export interface Banking {
  desk(utilityId: string): Desk;
  /** Everybody does once what there is to do. */
  turn(): Promise<void>;
  /** Statements of the day. */
  closeDay(): void;
  /** Puts every message that was taken so far before its desk again. */
  tellAgain(): { readonly told: number; readonly repeated: number };
  close(): void;
}

/** Starts a simulated bank, and a desk at each of these utilities; nothing of it runs before. */
export const startBanking = (
  system: LocalSystem,
  utilityIds: readonly string[],
  temper: Temper,
  nowMs: () => number,
): Banking => {
  const accounts = membersOf(utilityIds.map((utilityId) => system.utility(utilityId)));
  const members = accounts.map((member) => ({
    ...member,
    root: join(system.stateDir, 'bank', member.utilityId.toLowerCase()),
    taken: [] as Uint8Array[],
  }));
  const bank = new SimulatedBank(customersOf(accounts, 'USD'), temper, 0);
  const post = serveDrops(
    bank,
    members.map(({ holder, root }) => ({ account: holder.account, root: join(root, 'drop') })),
  );
  const desks = members.map(({ utilityId, holder, root, taken }) => {
    const drop = openFileDrop(join(root, 'drop'));
    const { gateway, aaa } = system.utility(utilityId);
    const sign = createAssertionSigner({
      key: system.keys.key(`${utilityId}-operator`),
      iss: 'operator',
      utility: utilityId,
      role: 'operator',
    });
    const desk = openDesk({
      utilityId,
      folder: root,
      accounts: {
        own: holder,
        others: payeesOf(accounts, utilityId),
        chargeBearer: 'DEBT',
      },
      ledger: withPayouts(gatewayLedger(gateway.url, utilityId, sign), aaa.url, utilityId, sign),
      deliver: drop.deliver,
      nowMs,
    });
    const collect = () =>
      drop.collect((bytes) => {
        const outcome = desk.take(bytes);
        if (outcome.outcome === 'taken') taken.push(bytes);
        return outcome;
      });
    return { utilityId, desk, collect, taken };
  });
  return {
    desk: (utilityId) => {
      const found = desks.find((each) => each.utilityId === utilityId);
      if (found === undefined) throw new Error(`${utilityId} has no desk`);
      return found.desk;
    },
    async turn() {
      for (const { desk } of desks) await desk.round();
      post(nowMs());
      for (const { collect } of desks) collect();
      for (const { desk } of desks) await desk.round();
    },
    closeDay() {
      bank.closeDay(nowMs());
    },
    tellAgain: () => {
      const again = desks.flatMap(({ desk, taken }) => taken.map((bytes) => desk.take(bytes).outcome));
      return { told: again.length, repeated: again.filter((outcome) => outcome === 'repeated').length };
    },
    close() {
      for (const { desk } of desks) desk.close();
    },
  };
};
