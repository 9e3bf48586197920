import type { CborValue } from '../cbor/cbor.ts';
import { MESSAGE } from '../handshake/messages.ts';
import type { OutletObstacle } from './outlet-port.ts';

/** What a charger answers to what a phone wants. */

export const accepted = (...items: readonly CborValue[]): CborValue => [MESSAGE.answer, 'accepted', ...items];

export const refused = (code: string, message: string): CborValue => [
  MESSAGE.answer,
  'refused',
  code,
  message,
];

/** Why nobody can start there now, whoever he is and whatever his token is worth. */
export type StartObstacle = OutletObstacle | 'VAULT_FULL' | 'TOKEN_AT_NEIGHBOUR';

const OBSTACLES: Readonly<Record<StartObstacle, string>> = {
  IN_USE: 'another session runs here',
  NOT_PLUGGED: 'plug the car in first',
  NOT_LOCKED: 'the cable could not be locked: pull it out, push it in firmly and try again',
  FAULTY: 'the outlet is out of order',
  TOKEN_AT_NEIGHBOUR: 'a neighbour is about to start by the same token: try again in a moment',
  VAULT_FULL: 'it has to hand over earlier sessions first, and hear that they are booked',
};

/** Of who cannot start here now, whoever he is. */
export const refusedFor = (obstacle: StartObstacle): CborValue => refused(obstacle, OBSTACLES[obstacle]);
