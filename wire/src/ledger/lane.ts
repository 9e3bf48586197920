import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { z } from 'zod';

/**
 * A lane is where a pair's sessions are numbered: the visited utility, the home utility and a group of the visited
 * utility's stations. A session's number in its lane is given at the swipe and is its id, so that whatever is signed for
 * the id is signed for that one number, and one bit says for ever whether it has ended.
 */

/** Name of a group of stations; a station is in one group at a time. */
export const laneGroup = z.string().regex(/^[a-z0-9]{1,12}$/, 'a group of 1–12 small letters and digits');

/** `<vun>-<hun>-<group>`, such as `USDUK-USALP-g0`. */
export const laneId = z
  .string()
  .regex(/^[A-Z]{2}[A-Z0-9]{3}-[A-Z]{2}[A-Z0-9]{3}-[a-z0-9]{1,12}$/, 'a lane such as USDUK-USALP-g0');

/** Highest number of a session in its lane. */
export const MAX_SESSION_NUMBER = 2_147_483_647;

export const sessionNumber = z.int().min(1).max(MAX_SESSION_NUMBER);

/** `<lane>-<number>`, such as `USDUK-USALP-g0-17`. */
export const sessionId = z
  .string()
  .regex(
    /^[A-Z]{2}[A-Z0-9]{3}-[A-Z]{2}[A-Z0-9]{3}-[a-z0-9]{1,12}-[1-9]\d{0,9}$/,
    'a session id such as USDUK-USALP-g0-17',
  );

/** What a session's id says. */
export interface SessionName {
  readonly laneId: string;
  readonly vun: string;
  readonly hun: string;
  readonly group: string;
  readonly number: number;
}

export type SessionNameError = DomainError<'SESSION_ID_INVALID'>;

export const laneIdOf = (vun: string, hun: string, group: string): string => `${vun}-${hun}-${group}`;

export const sessionIdOf = (lane: string, number: number): string => `${lane}-${number}`;

/** The lane that a session's id names. */
export const laneOf = (id: string): string => id.slice(0, id.lastIndexOf('-'));

/** Takes a session's id apart. */
export const parseSessionId = (id: string): Result<SessionName, SessionNameError> => {
  const [vun = '', hun = '', group = '', digits = ''] = id.split('-');
  const number = Number(digits);
  if (!sessionId.safeParse(id).success || number > MAX_SESSION_NUMBER) {
    const message = `${JSON.stringify(id)} is no session id such as USDUK-USALP-g0-17`;
    return err({ code: 'SESSION_ID_INVALID', message });
  }
  return ok({ laneId: laneIdOf(vun, hun, group), vun, hun, group, number });
};

/** The parts of a lane's id, which its schema has checked. */
export const laneParts = (
  lane: string,
): { readonly vun: string; readonly hun: string; readonly group: string } => {
  const [vun = '', hun = '', group = ''] = lane.split('-');
  return { vun, hun, group };
};
