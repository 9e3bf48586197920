import assert from 'node:assert/strict';
import type { MeterReading, SwipeOffer } from '@roamgrid/wire';
import { until, type GatewayRig, type TestGateway } from './gateway-rig.ts';
import type { Answered, StationPeer } from './station-peer.ts';

/** A session under way at one of a station's outlets. */
export interface DrivenSession {
  readonly sessionId: string;
  readonly evseId: string;
  readonly offer: SwipeOffer;
  readonly begin: MeterReading;
}

/** Swipes and starts; whatever is refused fails the test. */
export const startAt = async (
  station: StationPeer,
  evseId: string,
  over: Record<string, unknown> = {},
  starting: Record<string, unknown> = {},
): Promise<DrivenSession> => {
  const { swipeId, offer } = await station.offer({ evseId, ...over });
  const begin = station.begin(offer);
  const answer = await station.post('sessions', await station.startRequest(swipeId, offer, begin, starting));
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return { sessionId: offer.quote.sessionId, evseId, offer, begin };
};

/** Ends a session after so long and so much energy. */
export const stopAfter = async (
  station: StationPeer,
  { sessionId, evseId, begin }: DrivenSession,
  ms: number,
  wh: bigint,
): Promise<Answered> => {
  const end = {
    atMs: begin.atMs + ms,
    registerMilliWh: begin.registerMilliWh + wh * 1_000n,
    charging: true,
  };
  const answer = await station.post(`sessions/${sessionId}/stop`, station.stopRequest(evseId, end));
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer;
};

/** Whole sessions, one after the other. */
export const chargeAt = async (
  station: StationPeer,
  evseId: string,
  ms = 60_000,
  wh = 600n,
): Promise<string> => {
  const session = await startAt(station, evseId);
  await stopAfter(station, session, ms, wh);
  return session.sessionId;
};

/** How a session's number stands in a gateway's read model. */
export const stateAt = async (gateway: TestGateway, sessionId: string): Promise<string | undefined> => {
  const { body } = await gateway.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
  return (body['record'] as { state: string } | undefined)?.state;
};

export const untilState = (
  rig: GatewayRig,
  sessionId: string,
  state: string,
  limitMs?: number,
): Promise<true> =>
  until(
    `session ${sessionId} is ${state}`,
    async () => ((await stateAt(rig.duke, sessionId)) === state ? true : undefined),
    limitMs,
  );

interface Parked {
  readonly factId: string;
  readonly kind: string;
  readonly sessionId: string;
  readonly code: string;
  readonly text: string;
}

/** Facts of a session that are parked. */
export const parkedOf = async (rig: GatewayRig, sessionId: string): Promise<readonly Parked[]> => {
  const { status, body } = await rig.duke.ask('operator', 'GET', '/operator/v1/parked?limit=500');
  assert.equal(status, 200, JSON.stringify(body));
  return (body['items'] as Parked[]).filter((fact) => fact.sessionId === sessionId);
};
