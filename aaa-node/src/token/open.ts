import { startRounds } from '@roamgrid/service-kit/runtime';
import type { Logger } from '@roamgrid/service-kit';
import type { GatewayClient } from '../gateway/client.ts';
import type { Db } from '../store/database.ts';
import { openOwnChain } from './chain.ts';
import { createCollect } from './collect.ts';
import type { TokenSettings } from './config.ts';
import { openTokenDesk, type TokenDesk } from './desk.ts';
import { createNetPayments } from './net-payments.ts';

export interface TokenNeeds {
  readonly db: Db;
  readonly utilityId: string;
  readonly gateway: GatewayClient;
  readonly everyMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** All that the node does on a chain: customers' money in escrow, and payments of nettings. */
export interface ByToken {
  readonly desk: TokenDesk;
  startRounds(): readonly ReturnType<typeof startRounds>[];
  close(): void;
}

export const openByToken = (settings: TokenSettings, needs: TokenNeeds): ByToken => {
  const { db, utilityId, gateway, everyMs, nowMs, log } = needs;
  const own = openOwnChain(settings);
  const desk = openTokenDesk(utilityId, settings, own);
  const { netting } = settings;
  return {
    desk,
    startRounds: () => [
      startRounds('money in escrow', everyMs, createCollect({ db, desk, nowMs, log }), log),
      ...(netting === undefined
        ? []
        : [
            startRounds(
              'payments by token',
              everyMs,
              createNetPayments({ utilityId, settings, netting, own, ledger: gateway, nowMs, log }),
              log,
            ),
          ]),
    ],
    close: () => own.close(),
  };
};
