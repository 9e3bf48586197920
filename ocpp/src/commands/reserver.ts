import type { LiveStations } from '../edge/live-stations.ts';
import type { Subprotocol } from '../edge/rpc.ts';
import { instantText } from '../edge/instant.ts';
import type { Reserving, StationReserver } from '../model/station-desk.ts';
import { outcomeOf } from './commander.ts';
import { say, type Saying } from './say.ts';

/**
 * A driver's card is known when it is shown, so an outlet is kept for a group that only the cards of who booked belong to.
 * Spec: OCPP 1.6 §5.13 (parentIdTag), OCPP 2.0.1 part 2 H01 (groupIdToken).
 */
const reserving = (protocol: Subprotocol, { number, outlet, tag, untilMs }: Reserving): Saying => {
  const expiry = instantText(untilMs);
  if (protocol === 'ocpp1.6')
    return {
      action: 'ReserveNow',
      payload: {
        ...{ reservationId: number, connectorId: outlet.evse, expiryDate: expiry },
        ...{ idTag: tag, parentIdTag: tag },
      },
    };
  const token = { idToken: tag, type: 'Central' };
  return {
    action: 'ReserveNow',
    payload: { id: number, evseId: outlet.evse, expiryDateTime: expiry, idToken: token, groupIdToken: token },
  };
};

/** Tells stations that are connected what is booked there. */
export const createReserver = (live: Pick<LiveStations, 'of'>): StationReserver => {
  const tell = async (stationId: string, words: (protocol: Subprotocol) => Saying) => {
    const socket = live.of(stationId);
    if (socket === undefined) return { outcome: 'unreachable' } as const;
    const answer = await say(socket, words(socket.protocol));
    return { outcome: outcomeOf(answer), ...(answer.said !== undefined && { said: answer.said }) };
  };
  return {
    connectedSinceMs: (stationId) => live.of(stationId)?.sinceMs,
    reserve: (stationId, ask) => tell(stationId, (protocol) => reserving(protocol, ask)),
    cancelReservation: (stationId, reservationId) =>
      tell(stationId, () => ({ action: 'CancelReservation', payload: { reservationId } })),
  };
};
