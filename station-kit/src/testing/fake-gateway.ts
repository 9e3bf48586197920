import { billingReading, GATEWAY_TIME_HEADER, parseOcmf } from '@roamgrid/wire';
import { billBody, offerBody, peerGateway, type Answer, type Received } from './peer-gateway.ts';

/** Price of the gateway's one tariff: 0.3 USD/kWh. */
const MICROS_PER_KWH = 300_000n;

interface Told {
  readonly atMs: number;
  readonly registerMilliWh: string;
  readonly charging: boolean;
}
export interface GatewaySession {
  readonly start: Told;
  readonly consent: string;
  readonly evseId: string;
  readonly readings: Told[];
  stop?: Record<string, unknown>;
}

const problem = (status: number, code: string): Answer => ({
  status,
  body: { type: 'about:blank', title: code, status, code, detail: code.toLowerCase() },
});

/** What the gateway says otherwise than it would. */
export interface Moods {
  isAway: boolean;
  /** By path: the request is received, and its answer lost. */
  losesAnswers?: RegExp;
  /** By path: what it answers cannot be read. */
  garbles?: RegExp;
  refusesSwipes?: string;
  refusesStarts?: string;
  refusesStops?: string;
  /** Statements of the meter’s own. */
  refusesMeter?: boolean;
  driverConsent?: 'possible' | 'required';
  isDeviceGiven: boolean;
  /** What is booked at the station, in wire form; the first is of who swipes. */
  booked: readonly { readonly reservationId: string; readonly [name: string]: unknown }[];
  /** Commands from so many milliwatt-hours on. */
  stopsAtMilliWh?: bigint;
  capMicros: string;
  validMs: number;
  tariffVersion: number;
  /** The published text of the one tariff; without it nothing is told of it. */
  tariffJson?: string;
  /** The grid moves its price. */
  adapts?: true;
  adjustmentPpm: string;
  /** Of who swipes, where it is another one. */
  loyalty?: string;
  /** Whose customer it is, where another’s. */
  hun?: string;
}

const CALM: Moods = {
  isAway: false,
  isDeviceGiven: false,
  booked: [],
  capMicros: '4000000',
  validMs: 300_000,
  tariffVersion: 1,
  adjustmentPpm: '0',
};

/** A gateway that keeps sessions by the rules that a door meets: an outlet for one session, registers that ascend. */
export const fakeGateway = async (nowMs: () => number) => {
  let moods = { ...CALM };
  const offers = new Map<
    string,
    { readonly evseId: string; readonly sessionId: string; readonly body: unknown; readonly ask: string }
  >();
  const sessions = new Map<string, GatewaySession>();
  let numbered = 0;

  const swipe = ({ body }: Received): Answer => {
    const { swipeId, evseId } = body as { swipeId: string; evseId: string };
    const ask = JSON.stringify(body);
    const known = offers.get(swipeId);
    if (known !== undefined)
      return known.ask === ask ? { status: 200, body: known.body } : problem(409, 'SWIPE_REUSED');
    if (moods.refusesSwipes !== undefined)
      return {
        status: 200,
        body: { outcome: 'refused', code: moods.refusesSwipes, message: 'No.', remedy: 'Ask.' },
      };
    numbered += 1;
    const sessionId = `USDUK-USALP-g0-${numbered}`;
    const quote = {
      ...offerBody.quote,
      ...{ sessionId, evseId, tariffVersion: moods.tariffVersion, capMicros: moods.capMicros },
      ...{ issuedAtMs: nowMs(), validUntilMs: nowMs() + moods.validMs, adjustmentPpm: moods.adjustmentPpm },
      ...(moods.hun && { hun: moods.hun }),
    };
    const line = {
      kind: 'ENERGY',
      element: 0,
      quantity: '10000',
      unit: 'Wh',
      unitPrice: '0.30',
      amountMicros: '3000000',
      taxMicros: '0',
    };
    const { driverConsent } = moods;
    const offer = {
      ...offerBody,
      quote,
      language: 'de',
      lines: [line],
      ...(driverConsent && { driverConsent }),
      ...(moods.loyalty !== undefined && { loyalty: moods.loyalty }),
      ...(moods.adapts && { adapts: true }),
      ...(moods.booked[0] && { reservationId: moods.booked[0].reservationId }),
    };
    offers.set(swipeId, { evseId, sessionId, body: offer, ask });
    return { status: 200, body: offer };
  };

  const start = ({ body }: Received): Answer => {
    const { swipeId, start: begin, consent } = body as { swipeId: string; start: Told; consent: string };
    const offer = offers.get(swipeId);
    if (offer === undefined) return problem(404, 'SWIPE_UNKNOWN');
    const { sessionId, evseId } = offer;
    const answer: Answer = {
      status: 201,
      body: {
        sessionId,
        state: 'charging',
        energyLimitWh: '10000',
        capMicros: moods.capMicros,
        reportEveryMs: 60_000,
      },
    };
    if (sessions.has(sessionId)) return answer;
    if (moods.refusesStarts !== undefined) return problem(409, moods.refusesStarts);
    const taken = [...sessions.values()].some((other) => other.evseId === evseId && other.stop === undefined);
    if (taken) return problem(409, 'STATION_UNAVAILABLE');
    sessions.set(sessionId, { start: begin, consent, evseId, readings: [begin] });
    return answer;
  };

  /** Adds readings; what contradicts itself is what no gateway takes. */
  const join = (session: GatewaySession, more: readonly Told[]): boolean => {
    session.readings.push(...more);
    const byTime = [...session.readings].sort((a, b) => a.atMs - b.atMs);
    return byTime.every((reading, at) => {
      const before = byTime[at - 1];
      if (before === undefined) return true;
      const gain = BigInt(reading.registerMilliWh) - BigInt(before.registerMilliWh);
      return gain >= 0n && (reading.atMs > before.atMs || gain === 0n);
    });
  };

  const gainOf = ({ start: begin, readings }: GatewaySession): bigint =>
    BigInt([...readings].sort((a, b) => a.atMs - b.atMs).at(-1)?.registerMilliWh ?? 0) -
    BigInt(begin.registerMilliWh);
  /** What was signed at the end counts, where it holds the begin. */
  const signedGainOf = (session: GatewaySession): bigint => {
    const { signedEnd } = session.stop ?? {};
    const parsed = typeof signedEnd === 'string' ? parseOcmf(signedEnd) : undefined;
    if (parsed?.ok !== true) return gainOf(session);
    const [begin, end] = [billingReading(parsed.value, 'begin'), billingReading(parsed.value, 'end')];
    return begin.ok && end.ok ? end.value.registerMilliWh - begin.value.registerMilliWh : gainOf(session);
  };
  const microsOf = (session: GatewaySession): bigint => (signedGainOf(session) * MICROS_PER_KWH) / 1_000_000n;

  const report = (session: GatewaySession, { body }: Received): Answer => {
    const { sequence, readings } = body as { sequence: number; readings: Told[] };
    if (session.stop !== undefined) return problem(409, 'SESSION_ENDED');
    if (!join(session, readings)) return problem(409, 'READINGS_INVALID');
    const isStopped = moods.stopsAtMilliWh !== undefined && gainOf(session) >= moods.stopsAtMilliWh;
    const told = { sequence, runningMicros: microsOf(session).toString() };
    return {
      status: 200,
      body: isStopped ? { ...told, command: 'stop', reason: 'limit' } : { ...told, command: 'continue' },
    };
  };

  const stop = (session: GatewaySession, { body }: Received): Answer => {
    if (session.stop === undefined) {
      if (moods.refusesStops !== undefined) return problem(409, moods.refusesStops);
      const { readings, signedEnd } = body as { readings: Told[]; signedEnd: string };
      if (moods.refusesMeter === true && signedEnd.includes('"MS":"METER-'))
        return problem(409, 'METER_INVALID');
      if (!join(session, readings)) return problem(409, 'READINGS_INVALID');
      session.stop = body;
    }
    const micros = microsOf(session).toString();
    return {
      status: 200,
      body: {
        ...billBody,
        sessionId: [...sessions].find(([, other]) => other === session)?.[0],
        energyWh: (signedGainOf(session) / 1_000n).toString(),
        netMicros: micros,
        totalMicros: micros,
        endReason: session.stop['endReason'],
      },
    };
  };

  const answer = (received: Received): Answer => {
    if (moods.isAway) return 'drop-after-receiving';
    const [, , , , kind = '', id = '', what = ''] = ['', ...received.path.split('/')];
    const session = sessions.get(id);
    if (kind === 'swipes' && what === 'driver-consent')
      return { status: 200, body: { state: moods.isDeviceGiven ? 'given' : 'waiting' } };
    if (kind === 'swipes' && what === 'tariff') {
      const { tariffJson, tariffVersion: version } = moods;
      return tariffJson === undefined || !offers.has(id)
        ? problem(404, 'SWIPE_UNKNOWN')
        : { status: 200, body: { tariffId: offerBody.quote.tariffId, version, tariffJson } };
    }
    if (kind === 'reservations') return { status: 200, body: { reservations: moods.booked } };
    if (kind === 'swipes') return swipe(received);
    if (id === '') return start(received);
    if (session === undefined) return problem(404, 'SESSION_UNKNOWN');
    return what === 'stop' ? stop(session, received) : report(session, received);
  };
  const peer = await peerGateway(
    (received) => {
      const said = answer(received);
      if (moods.garbles?.test(received.path) === true) return { status: 200, body: { garbled: true } };
      return moods.losesAnswers?.test(received.path) === true ? 'drop-after-receiving' : said;
    },
    () => ({ [GATEWAY_TIME_HEADER]: nowMs().toString() }),
  );
  return {
    ...peer,
    get moods() {
      return moods;
    },
    sessions,
    gainOf,
    signedGainOf,
    /** As after a day: nothing is known of before. */
    clear() {
      offers.clear();
      sessions.clear();
      peer.received.length = 0;
      moods = { ...CALM };
    },
  };
};
