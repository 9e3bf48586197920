import type { LiveStations } from '../edge/live-stations.ts';
import type { Subprotocol } from '../edge/rpc.ts';
import { sayings16 } from '../v16/commands.ts';
import { sayings2, sayings21 } from '../v2/commands.ts';
import type { CommandAnswer } from './answer.ts';
import type { StationCommand } from './command.ts';
import { say, type Saying, type Sayings } from './say.ts';

const SAYINGS: Readonly<Record<Subprotocol, Sayings>> = {
  'ocpp2.1': sayings21,
  'ocpp2.0.1': sayings2,
  'ocpp1.6': sayings16,
};

/** The words of a version for a command, as far as it has any. */
const sayingOf = (protocol: Subprotocol, command: StationCommand): Saying | undefined => {
  const words = SAYINGS[protocol][command.kind] as
    ((command: StationCommand) => Saying | undefined) | undefined;
  return words?.(command);
};

/** Asks a station that is connected; nothing is kept for one that is away, where it would come as a surprise. */
export const runCommand = async (
  live: Pick<LiveStations, 'of'>,
  stationId: string,
  command: StationCommand,
): Promise<CommandAnswer | 'offline'> => {
  const socket = live.of(stationId);
  return socket === undefined ? 'offline' : say(socket, sayingOf(socket.protocol, command));
};
