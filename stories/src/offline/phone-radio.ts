import { once } from 'node:events';
import {
  afterByTimer,
  BEARER,
  Link,
  LinkLost,
  socketBearer,
  type Bearer,
  type Carried,
  type Command,
  type LinkPace,
} from '@roamgrid/offline';
import { WebSocket } from 'ws';

/** Frames that went by, in either direction. */
export interface Overheard {
  readonly frames: Uint8Array[];
}

/** What becomes of frames on their way: those that come, each perhaps later than the next one. */
export interface BadAir {
  /** @returns the frames that come instead, and how much later each, ms */
  carry(frame: Uint8Array): readonly { readonly frame: Uint8Array; readonly lateMs: number }[];
}

export interface RadioOptions {
  readonly frameBytes?: number;
  /** Takes up every frame, as whoever listens would. */
  readonly overheard?: Overheard;
  /** The phone is taken away when so many frames went by. */
  readonly tornAfter?: number;
  readonly air?: BadAir;
  readonly pace?: LinkPace;
}

/** As a phone has it, but more patient: a charger's process may get no turn for seconds on a machine that does much else. */
const PACE: LinkPace = { againMs: 200, tries: 100 };

/** Frames in either direction, as they are sent. @param sent hears of each before it goes */
const watched = (bearer: Bearer, sent: (frame: Uint8Array) => void): Bearer => ({
  ...bearer,
  send: (frame) => {
    sent(frame);
    bearer.send(frame);
  },
  onFrame: (take) => {
    bearer.onFrame((frame) => {
      sent(frame);
      take(frame);
    });
  },
  onCut: (end) => {
    bearer.onCut(end);
  },
});

const through = (air: BadAir, bearer: Bearer): Bearer => {
  const carry = (frame: Uint8Array, take: (frame: Uint8Array) => void): void => {
    for (const one of air.carry(frame)) afterByTimer(one.lateMs, () => take(one.frame));
  };
  return {
    ...bearer,
    send: (frame) => {
      carry(frame, (one) => bearer.send(one));
    },
    onFrame: (take) => {
      bearer.onFrame((frame) => {
        carry(frame, take);
      });
    },
    onCut: (end) => {
      bearer.onCut(end);
    },
  };
};

/** Does what is done in a contact that nobody cuts. @throws with which contact it was when it is lost all the same */
export const uncut = async <T>(
  { evseId }: Pick<Carried, 'evseId'>,
  { kind }: Command,
  contact: () => Promise<T>,
): Promise<T> => {
  try {
    return await contact();
  } catch (error) {
    if (!(error instanceof LinkLost)) throw error;
    throw new Error(`the contact to ${kind} at ${evseId} was lost, and nobody cut it`, { cause: error });
  }
};

/** A phone that is held to a charger. */
export interface Held {
  readonly link: Link;
  /** It is taken away: a charger has room for two phones at a time. */
  leave(): Promise<void>;
}

/** A phone is held to a charger. */
export const holdTo = async (
  radioUrl: string,
  { frameBytes = BEARER.gattUsual, overheard, tornAfter = Infinity, air, pace = PACE }: RadioOptions = {},
): Promise<Held> => {
  const socket = new WebSocket(radioUrl);
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  await once(socket, 'open');
  let frames = 0;
  const bearer = watched(socketBearer(socket, frameBytes), (frame) => {
    overheard?.frames.push(Uint8Array.from(frame));
    frames += 1;
    if (frames > tornAfter) socket.terminate();
  });
  return {
    link: new Link(air === undefined ? bearer : through(air, bearer), afterByTimer, pace),
    leave: async () => {
      socket.close();
      await gone;
    },
  };
};
