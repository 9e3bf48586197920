import { once } from 'node:events';
import { afterByTimer, BEARER, Link, socketBearer } from '@roamgrid/offline';
import { WebSocket } from 'ws';

/** Frames that went by, in either direction. */
export interface Overheard {
  readonly frames: Uint8Array[];
}

const PACE = { againMs: 200, tries: 25 };

/** A phone is held to a charger. @param overheard takes up every frame, as whoever listens would */
export const holdTo = async (
  radioUrl: string,
  { frameBytes = BEARER.gattUsual, overheard }: { frameBytes?: number; overheard?: Overheard } = {},
): Promise<Link> => {
  const socket = new WebSocket(radioUrl);
  await once(socket, 'open');
  const bearer = socketBearer(socket, frameBytes);
  return new Link(
    {
      ...bearer,
      send: (frame) => {
        overheard?.frames.push(Uint8Array.from(frame));
        bearer.send(frame);
      },
      onFrame: (take) => {
        bearer.onFrame((frame) => {
          overheard?.frames.push(Uint8Array.from(frame));
          take(frame);
        });
      },
      onCut: (end) => {
        bearer.onCut(end);
      },
    },
    afterByTimer,
    PACE,
  );
};
