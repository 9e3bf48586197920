import { callSchemas, SUBPROTOCOLS } from '@roamgrid/ocpp';
import { WebSocket } from 'ws';
import type { StreetStation } from '../start/street-station.ts';
import type { Dice } from './dice.ts';
import { fitting, type Schema } from './from-schema.ts';
import type { Interface, Tried } from './interface.ts';
import { hostileText, mutated } from './mutate.ts';
import type { Verdict } from './outcome.ts';
import type { Pool } from './pool.ts';

const ALIVE_MS = 60_000;
const SHOWN = 400;

type Protocol = (typeof SUBPROTOCOLS)[number];

const SCHEMAS = new Map<Protocol, readonly (readonly [action: string, schema: Schema])[]>();
const schemasOf = (protocol: Protocol) => {
  const known = SCHEMAS.get(protocol) ?? Object.entries(callSchemas(protocol) as Record<string, Schema>);
  SCHEMAS.set(protocol, known);
  return known;
};

interface Knock {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly password: string;
}

/** What came back: frames, a refusal of the handshake, or silence. */
interface Heard {
  readonly frames: readonly string[];
  readonly refusal?: number;
  readonly isSilent: boolean;
}

interface Frame {
  readonly data: string | Buffer;
  /** Of a call that has to be answered, or the socket closed. */
  readonly id?: string;
}

/** Connects, sends, and waits until every call is answered, the other side closes, or the time is over. */
const say = (
  { url, protocols, password }: Knock,
  stationId: string,
  frames: readonly Frame[],
  boundMs: number,
): Promise<Heard> =>
  new Promise((resolve) => {
    const auth = `Basic ${Buffer.from(`${stationId}:${password}`).toString('base64')}`;
    const socket = new WebSocket(url, [...protocols], { headers: { authorization: auth } });
    const heard: string[] = [];
    const open = new Set(frames.flatMap(({ id }) => (id === undefined ? [] : [id])));
    let refusal: number | undefined;
    const done = (isSilent: boolean): void => {
      clearTimeout(bound);
      socket.terminate();
      resolve({ frames: heard, isSilent, ...(refusal !== undefined && { refusal }) });
    };
    const bound = setTimeout(() => {
      done(true);
    }, boundMs);
    socket.on('unexpected-response', (_request, response) => {
      refusal = response.statusCode;
      done(false);
    });
    socket.on('error', () => {
      done(false);
    });
    socket.on('close', () => {
      done(false);
    });
    socket.on('message', (data) => {
      const text = (data as Buffer).toString();
      heard.push(text);
      const read = parsed(text);
      if (Array.isArray(read) && (read[0] === 3 || read[0] === 4)) open.delete(String(read[1]));
      if (open.size === 0) done(false);
    });
    socket.on('open', () => {
      for (const { data } of frames) socket.send(data);
      if (open.size === 0) socket.close();
    });
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const drawFrame = (protocol: Protocol, at: number, pool: Pool, dice: Dice): Frame => {
  const [action, schema] = dice.pickAny(schemasOf(protocol)) ?? ['Heartbeat', {}];
  const id = `${at}-${dice.below(1_000_000)}`;
  const fit = pool.filled(dice.draw(fitting(schema)), dice);
  const call = (payload: unknown): Frame => ({ id, data: JSON.stringify([2, id, action, payload]) });
  const kind = dice.below(10);
  if (kind < 5) return call(fit);
  if (kind < 7) return call(mutated(fit, dice));
  const others: readonly [() => Frame, ...(() => Frame)[]] = [
    () => ({ data: dice.damaged(Buffer.from(JSON.stringify([2, id, action, fit]))).toString('latin1') }),
    () => ({ data: dice.bytes(2_000) }),
    () => ({ data: JSON.stringify([2, hostileText(dice), hostileText(dice), fit]) }),
    () => ({ data: JSON.stringify([3, id, fit]) }),
    () => ({ data: JSON.stringify([4, id, hostileText(dice), hostileText(dice), {}]) }),
    () => ({ data: JSON.stringify(mutated([2, id, action, fit], dice)) }),
    () => ({ data: `${'['.repeat(5_000)}${']'.repeat(5_000)}` }),
    () => ({ data: JSON.stringify([2, id, action, { vendorId: 'x'.repeat(300_000) }]) }),
  ];
  return dice.pick(others)();
};

/** Most come as the station, some as nobody known, some at a place that is none. */
const drawKnock = ({ url, stationId, password }: StreetStation, protocol: Protocol, dice: Dice): Knock => {
  const right = { url: `${url}/${stationId}`, protocols: [protocol], password };
  const kind = dice.below(20);
  // Another's id: ten wrong passwords would shut the station itself out for a minute.
  if (kind === 0) return { ...right, url: `${url}/STRANGER`, password: dice.bytes(40).toString('hex') };
  if (kind === 1) {
    // Half a character has no place in an address: as bytes it is a replacement character.
    const text = Buffer.from(hostileText(dice)).toString();
    return { ...right, url: `${url}/${encodeURIComponent(text).slice(0, 2_000)}` };
  }
  if (kind === 2) return { ...right, protocols: ['ocpp9.9'] };
  return right;
};

const isFrame = (text: string): boolean => {
  const read = parsed(text);
  return Array.isArray(read) && [2, 3, 4].includes(Number(read[0])) && typeof read[1] === 'string';
};
/** Spec: OCPP-J 1.6 §4.2.3, 2.0.1 part 4 §4.2.3. */
const isOwnFault = (text: string): boolean => {
  const read = parsed(text);
  return Array.isArray(read) && read[0] === 4 && read[2] === 'InternalError';
};

const judge = ({ frames, refusal = 400, isSilent }: Heard): Verdict => {
  if (isSilent) return 'hang';
  if (refusal >= 500 || frames.some(isOwnFault)) return 'error500';
  return frames.every(isFrame) ? 'good' : 'untyped';
};

/** Where stations that speak OCPP connect. */
export const stationsInterface = (name: string, station: StreetStation, pool: Pool): Interface => ({
  name,
  at: Number(new URL(station.url).port),
  tryOne: async (dice, boundMs): Promise<Tried> => {
    const protocol = dice.pick(SUBPROTOCOLS);
    const knock = drawKnock(station, protocol, dice);
    const frames = Array.from({ length: 1 + dice.below(3) }, (_, at) => drawFrame(protocol, at, pool, dice));
    const heard = await say(knock, station.stationId, frames, boundMs);
    return {
      verdict: judge(heard),
      told: () =>
        `${protocol} ${knock.url.slice(0, SHOWN)} ${frames.map(({ data }) => data.toString().slice(0, SHOWN)).join(' ')} → ${heard.isSilent ? 'silence' : ''} ${heard.refusal ?? ''} ${heard.frames.join(' ').slice(0, SHOWN)}`,
    };
  },
  isAlive: async () => {
    const { url, stationId, password } = station;
    const knock = { url: `${url}/${stationId}`, protocols: ['ocpp2.0.1'], password };
    const heartbeat = { id: 'alive', data: JSON.stringify([2, 'alive', 'Heartbeat', {}]) };
    const { frames } = await say(knock, stationId, [heartbeat], ALIVE_MS);
    return frames.some((text) => isFrame(text) && !isOwnFault(text));
  },
});
