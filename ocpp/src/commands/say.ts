import type { CallOutcome, StationSocket } from '../edge/station-socket.ts';
import type { CommandAnswer } from './answer.ts';
import type { CommandKind, CommandOf } from './command.ts';

/** A call of one version for a command, and how its answer reads. */
export interface Saying {
  readonly action: string;
  readonly payload: object;
  readonly read?: (answer: never) => CommandAnswer;
}

/** How a version says each command; a kind that it has no words for is `unsupported`. */
export type Sayings = { readonly [Kind in CommandKind]?: (command: CommandOf<Kind>) => Saying | undefined };

export const UNSUPPORTED: CommandAnswer = { outcome: 'unsupported' };

const OUTCOMES: Readonly<Record<string, CommandAnswer['outcome']>> = {
  Accepted: 'accepted',
  AcceptedCanceled: 'accepted',
  RebootRequired: 'accepted',
  Scheduled: 'scheduled',
  Unlocked: 'accepted',
  NotSupported: 'unsupported',
  NotImplemented: 'unsupported',
};

/** The usual answer is a status; any word that is no yes is a no. */
export const readStatus = ({ status }: { readonly status: string }): CommandAnswer => ({
  outcome: OUTCOMES[status] ?? 'rejected',
  said: status,
});

const UNSUPPORTED_CODES = new Set(['NotImplemented', 'NotSupported']);

const readFailure = ({ code, message }: Extract<CallOutcome, { readonly ok: false }>): CommandAnswer => {
  if (code === 'NO_ANSWER') return { outcome: 'unknown' };
  return {
    outcome: UNSUPPORTED_CODES.has(code) ? 'unsupported' : 'rejected',
    said: `${code}: ${message}`.slice(0, 500),
  };
};

/** Says a command to a station and reads what it answers. */
export const say = async (socket: StationSocket, saying: Saying | undefined): Promise<CommandAnswer> => {
  if (saying === undefined) return UNSUPPORTED;
  const outcome = await socket.call(saying.action, saying.payload);
  if (!outcome.ok) return readFailure(outcome);
  return (saying.read ?? readStatus)(outcome.payload as never);
};
