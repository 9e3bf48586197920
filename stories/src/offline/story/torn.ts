import { LinkLost, type Carried, type Command, type Contact } from '@roamgrid/offline';
import type { Garage } from './garage.ts';

/** A phone that is taken away at every step. */
export interface TornSeen {
  /** Contacts that broke off, each a frame later than the one before. */
  readonly torn: number;
  /** What the one that was not broken off came to. */
  readonly came: string;
}

/** No contact of this story has more frames. */
const MOST_FRAMES = 400;

/** Does the same again and again, taken away after no frame, after one, after two … until it is not. */
export const tornEachTime = async (
  garage: Garage,
  carried: Carried,
  command: Command,
  then: (contact: Contact) => Promise<unknown> = () => Promise.resolve(),
): Promise<TornSeen> => {
  for (let frames = 0; frames < MOST_FRAMES; frames += 1) {
    try {
      const met = await garage.hold(carried, command, then, { tornAfter: frames });
      return { torn: frames, came: met.ok ? 'ok' : met.error.code };
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
    }
  }
  throw new Error(`a contact has more than ${MOST_FRAMES} frames`);
};
