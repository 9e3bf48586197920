import { BEARER, socketBearer, type FrameSocket } from '@roamgrid/offline';
import { SaidByPage } from '../../../shared/load.ts';
import { speech } from '../../words/speech.ts';
import type { Radio } from './radio.ts';

const outOfReach = () => new SaidByPage(() => speech().words.wallet.tap.outOfReach);

/** A WebSocket that stands in for a radio, for desktops and tests: it is a contact, and each of its messages is a frame. */
export const simulatedRadio = (radios: Readonly<Record<string, string>>): Radio => ({
  kind: 'simulated',
  async meet(evseId) {
    const url = radios[evseId];
    if (url === undefined) throw outOfReach();
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => {
        resolve();
      };
      socket.onerror = () => {
        reject(outOfReach());
      };
    });
    return {
      bearer: socketBearer(socket as FrameSocket, BEARER.gattUsual),
      leave: () => {
        socket.close();
      },
    };
  },
});
