import type { Logger } from '@roamgrid/service-kit';
import type { Abilities } from '../v2/abilities.ts';
import type { RpcPeer, Subprotocol } from './rpc.ts';

/** What came of a call to a station. */
export type CallOutcome =
  | { readonly ok: true; readonly payload: unknown }
  /** The station refused it in the words of the RPC framework. */
  | { readonly ok: false; readonly code: string; readonly message: string }
  /** Nobody knows whether it did it: no answer came in time, or the socket broke. */
  | { readonly ok: false; readonly code: 'NO_ANSWER'; readonly message: string };

/** A station that is connected. */
export interface StationSocket {
  readonly stationId: string;
  readonly protocol: Subprotocol;
  readonly address: string;
  readonly sinceMs: number;
  /** What it said that it can do, once it was asked: 2.1. */
  readonly known: { abilities?: Abilities };
  call(action: string, payload: object): Promise<CallOutcome>;
  close(code: number, reason: string): void;
}

interface SocketContext {
  readonly stationId: string;
  readonly protocol: Subprotocol;
  readonly address: string;
  readonly sinceMs: number;
  readonly callMs: number;
  readonly callsWaiting: number;
  /** Ends the connection under the socket. */
  readonly cut: () => void;
  readonly log: Logger;
}

/** How long a station may take to say goodbye before it is cut off. */
const CLOSE_MS = 1_000;

const rpcCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'rpcErrorCode' in thrown && typeof thrown.rpcErrorCode === 'string'
    ? thrown.rpcErrorCode
    : undefined;

export const createStationSocket = (peer: RpcPeer, context: SocketContext): StationSocket => {
  const { stationId, protocol, address, sinceMs } = context;
  let waiting = 0;
  return {
    stationId,
    protocol,
    address,
    sinceMs,
    known: {},
    async call(action, payload) {
      if (waiting >= context.callsWaiting)
        return { ok: false, code: 'TOO_MANY_COMMANDS', message: `${waiting} wait for this station already` };
      waiting += 1;
      try {
        return { ok: true, payload: await peer.call(action, payload, { callTimeoutMs: context.callMs }) };
      } catch (thrown) {
        const message = thrown instanceof Error ? thrown.message : 'no answer';
        return { ok: false, code: rpcCode(thrown) ?? 'NO_ANSWER', message };
      } finally {
        waiting -= 1;
      }
    },
    close(code, reason) {
      // The library waits for answers that are being made and for the goodbye, and does not force what it is closing already.
      const cut = setTimeout(context.cut, CLOSE_MS);
      peer.once('close', () => {
        clearTimeout(cut);
      });
      peer.close({ code, reason }).catch((thrown: unknown) => {
        context.log.debug({ err: thrown, stationId }, 'a socket closed badly');
      });
    },
  };
};
