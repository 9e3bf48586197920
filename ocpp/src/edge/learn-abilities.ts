import type { Logger } from '@roamgrid/service-kit';
import { askAbilities } from '../v2/abilities.ts';
import type { StationSocket } from './station-socket.ts';

/**
 * Asks a station of 2.1 what it can do, as soon as it has said something on its connection and was answered: before, it may still
 * be refused. Once a connection, and again when it has started anew.
 */
export const learnAbilities = (socket: StationSocket, log: Logger): ((action: string) => void) => {
  if (socket.protocol !== 'ocpp2.1') return () => undefined;
  let isAsked = false;
  return (action) => {
    if (isAsked && action !== 'BootNotification') return;
    isAsked = true;
    askAbilities(socket).then(
      (abilities) => {
        if (abilities !== undefined) socket.known.abilities = abilities;
      },
      (thrown: unknown) => {
        log.warn({ err: thrown, stationId: socket.stationId }, 'a station did not say what it can do');
      },
    );
  };
};
