import type { EndReason } from '@roamgrid/domain';
import type { Subprotocol } from '../edge/rpc.ts';
import type { IdToken } from '../token/read-token.ts';
import { words16 } from './words-16.ts';
import { words2 } from './words-2.ts';

/** What a simulated station tells about a transaction, before a version has words for it. */
export interface Told {
  readonly evse: number;
  readonly atMs: number;
  readonly registerMilliWh: bigint;
  /** Of the station, 2.x; of ours, 1.6, once it is known. */
  readonly transactionId: string;
  readonly sequence: number;
  readonly isOffline: boolean;
  readonly token?: IdToken;
  /** OCMF, where the meter signs. */
  readonly signed?: string;
  readonly remoteStart?: number;
  readonly reservation?: number;
  readonly endReason?: EndReason;
}

export interface Message {
  readonly action: string;
  readonly payload: object;
}

/** How a version says what a station tells. */
export interface Words {
  boot(about: { readonly vendor: string; readonly model: string; readonly serial: string }): Message;
  status(
    evse: number,
    state: 'available' | 'occupied' | 'reserved' | 'unavailable' | 'faulted',
    atMs: number,
  ): Message;
  authorize(token: IdToken): Message;
  began(told: Told): Message;
  moved(told: Told): Message;
  ended(told: Told): Message;
  /** The number that the other side gave a transaction, where it gives one. */
  numberIn(answer: unknown): string | undefined;
  /** Whether a driver may charge by this answer. */
  isAccepted(answer: unknown): boolean;
  /** The group that a token is in by this answer. */
  groupIn(answer: unknown): string | undefined;
}

export const wordsOf = (protocol: Subprotocol): Words => (protocol === 'ocpp1.6' ? words16 : words2);
