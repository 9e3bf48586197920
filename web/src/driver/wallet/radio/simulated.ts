import { BEARER, socketBearer, type FrameSocket } from '@roamgrid/offline';
import { SaidByPage } from '../../../shared/load.ts';
import { speech } from '../../words/speech.ts';
import type { Radio } from './radio.ts';

const outOfReach = () => new SaidByPage(() => speech().words.wallet.tap.outOfReach);

/** What of a WebSocket it takes. */
export type RadioSocket = FrameSocket & {
  addEventListener(kind: 'open' | 'error', then: () => void): void;
};

/** A WebSocket that stands in for a radio, for desktops and tests: it is a contact, and each of its messages is a frame. */
export const simulatedRadio = (
  radios: Readonly<Record<string, string>>,
  connect: (url: string) => RadioSocket = (url) => new WebSocket(url) as RadioSocket,
): Radio => ({
  kind: 'simulated',
  async meet(evseId) {
    const url = radios[evseId];
    if (url === undefined) throw outOfReach();
    const socket = connect(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => {
        resolve();
      });
      socket.addEventListener('error', () => {
        reject(outOfReach());
      });
    });
    return {
      bearer: socketBearer(socket, BEARER.gattUsual),
      leave: () => {
        socket.close();
      },
    };
  },
});
