import { setTimeout as sleep } from 'node:timers/promises';
import { CONTROLLER } from '@roamgrid/compute-agent/samples';
import { createLogger } from '@roamgrid/service-kit';
import { createPeerAuthority, issuePeerCertificate } from '@roamgrid/service-kit/peer-certificates';
import {
  createPeerClient,
  createRefusalLog,
  type Peer,
  type PeerClient,
  type PeerIdentity,
} from '@roamgrid/service-kit/peers';
import { cabinetEvents, cabinetReading, transferFate } from '@roamgrid/wire';
import { makeCabinets, type Cabinets } from './cabinets.ts';

/**
 * SITE-13: stations, servers and blades authenticate each other; a task goes on at another station's servers; the cabinet's sensor raises an
 * anomaly. Lived through on real agents, sockets and processes.
 */

export const PAIRS = ['station-server', 'server-server', 'blade-station'] as const;
export const WRONGS = ['other-authority', 'wrong-identity', 'wrong-role', 'expired'] as const;
type Pair = (typeof PAIRS)[number];
type Wrong = (typeof WRONGS)[number];

interface Tried {
  readonly outcomes: readonly string[];
  /** Of both sides together. */
  readonly logLines: number;
}

export interface Site13Seen {
  /** How each pair answered the right certificate, and each wrong one shown three times by who asks or by who answers. */
  readonly pairs: readonly {
    readonly pair: Pair;
    readonly right: Tried;
    readonly asking: Readonly<Record<Wrong, Tried>>;
    readonly answering: Readonly<Record<'other-authority' | 'wrong-identity', Tried>>;
  }[];
  readonly move: {
    readonly jobId: string;
    readonly from: string;
    readonly to: string;
    readonly goesOn: string;
    readonly atSource: string;
    readonly atTarget: string;
    readonly idAtTarget: string;
    readonly began: string;
    readonly result: string;
    readonly runsAtTarget: number;
  };
  readonly door: {
    readonly timesToldOpen: number;
    readonly restarts: number;
    /** Codes of all anomalies that the controller was told, in their order, with and without a badge. */
    readonly withoutBadge: readonly string[];
    readonly withBadge: readonly string[];
  };
}

const DAY_MS = 86_400_000;
const TIMES = 3;
/** How often the sensor tells before the restart that the door is open; once after it. */
const TOLD_OPEN = 5;
/** Primes below 200,000, counted in some two seconds. */
const BELOW = 200_000;
const PRIMES = '{"primes":17984}';

const ASKING: Readonly<Record<Pair, Peer>> = {
  'station-server': CONTROLLER,
  'server-server': { role: 'cabinet', id: 's2' },
  'blade-station': { role: 'blade', id: 's1-b1' },
};
const ANOTHER_ROLE: Readonly<Record<Pair, Peer>> = {
  'station-server': { role: 'blade', id: 'site' },
  'server-server': { role: 'blade', id: 's2' },
  'blade-station': { role: 'sensor', id: 's1-b1' },
};

const livePairs = async (cabinets: Cabinets, lines: string[]): Promise<Site13Seen['pairs']> => {
  const { neighbours } = cabinets;
  const stranger = await createPeerAuthority('operator of the cabinets');
  const logger = createLogger('s1', { destination: { write: (line) => void lines.push(line) } });
  const { url } = await cabinets.start('s1', { logger });
  const expired = async (peer: Peer): Promise<PeerIdentity> => {
    const validity = { fromMs: Date.now() - 2 * DAY_MS, untilMs: Date.now() - DAY_MS };
    const issued = await issuePeerCertificate(neighbours.authority, { peer, validity });
    return { ...issued, authority: neighbours.authority.cert };
  };
  const ask = async (pair: Pair, client: PeerClient): Promise<'served' | 'refused'> => {
    const timeoutMs = 5_000;
    const asked = await {
      'station-server': () =>
        client.ask({ method: 'POST', path: '/v1/safe', answer: cabinetReading, timeoutMs }),
      // What a cabinet asks of a move when it comes back; of this one nobody knows.
      'server-server': () =>
        client.ask({ method: 'GET', path: '/v1/transfers/none?hop=1', answer: transferFate, timeoutMs }),
      'blade-station': () =>
        client.ask({
          ...{ method: 'PUT', path: '/v1/blades/self', timeoutMs },
          body: { milliCelsius: 30_000, isFaulty: false },
        }),
    }[pair]();
    const isUnknownMove =
      !asked.ok && asked.failure.kind === 'problem' && asked.failure.problem.code === 'JOB_UNKNOWN';
    return asked.ok || isUnknownMove ? 'served' : 'refused';
  };
  /** Asks three times with a certificate for whoever is expected there, and counts what both sides log of it. */
  const thrice = async (pair: Pair, identity: PeerIdentity, expected: Peer): Promise<Tried> => {
    lines.length = 0;
    const client = createPeerClient({ identity, peer: expected, url, onRefused: createRefusalLog(logger) });
    const outcomes: string[] = [];
    for (let time = 0; time < TIMES; time += 1) outcomes.push(await ask(pair, client));
    await client.close();
    return { outcomes, logLines: lines.filter((line) => line.includes('refused by its certificate')).length };
  };
  const server: Peer = { role: 'cabinet', id: 's1' };
  const seen: Site13Seen['pairs'][number][] = [];
  for (const pair of PAIRS) {
    const peer = ASKING[pair];
    const asking = (identity: PeerIdentity) => thrice(pair, identity, server);
    const right = await neighbours.identityOf(peer);
    seen.push({
      pair,
      right: await asking(right),
      asking: {
        'other-authority': await asking(await neighbours.identityOf(peer, stranger)),
        'wrong-identity': await asking(await neighbours.identityOf({ ...peer, id: 'somebody-else' })),
        'wrong-role': await asking(await neighbours.identityOf(ANOTHER_ROLE[pair])),
        expired: await asking(await expired(peer)),
      },
      answering: {
        'other-authority': await thrice(pair, { ...right, authority: stranger.cert }, server),
        'wrong-identity': await thrice(pair, right, { role: 'cabinet', id: 's9' }),
      },
    });
  }
  return seen;
};

const liveMove = async (cabinets: Cabinets): Promise<Site13Seen['move']> => {
  const jobId = 'task-1';
  await cabinets.start('s2');
  await cabinets.submit('s1', jobId, 'peripheral', BELOW);
  await cabinets.grant('s1', 500n);
  await cabinets.comesTo('s1', jobId, 'running');
  await sleep(300);
  const { goesOn } = await cabinets.move(jobId, 's1', 's2');
  await cabinets.grant('s2', 500n);
  const done = await cabinets.comesTo('s2', jobId, 'done');
  const left = await cabinets.job('s1', jobId);
  return {
    ...{ jobId, from: 's1', to: 's2', goesOn, atSource: left?.state ?? 'unknown', atTarget: done.state },
    ...{
      idAtTarget: done.jobId,
      began: done.began ?? '',
      result: done.result ?? '',
      runsAtTarget: done.runs,
    },
  };
};

const liveDoor = async (cabinets: Cabinets): Promise<Site13Seen['door']> => {
  const { neighbours } = cabinets;
  const sensor = await neighbours.ask({ role: 'sensor', id: 's1-door' }, 's1');
  const controller = await neighbours.ask(CONTROLLER, 's1');
  const timeoutMs = 5_000;
  const tell = (door: 'open' | 'shut') =>
    sensor.ask({ method: 'PUT', path: '/v1/sensor', body: { door }, timeoutMs });
  const heard: string[] = [];
  const hearAll = async (): Promise<void> => {
    const asked = await controller.ask({
      method: 'GET',
      path: '/v1/events',
      answer: cabinetEvents,
      timeoutMs,
    });
    const events = asked.ok ? asked.value.events : [];
    for (const { code } of events) heard.push(code);
    const through = events.at(-1)?.sequence ?? 0;
    await controller.ask({ method: 'PUT', path: '/v1/events/acknowledged', body: { through }, timeoutMs });
  };
  for (let time = 0; time < TOLD_OPEN; time += 1) await tell('open');
  await sleep(400);
  await hearAll();
  await cabinets.stop('s1');
  await cabinets.start('s1');
  await tell('open');
  await sleep(400);
  await hearAll();
  const withoutBadge = heard.splice(0);
  await tell('shut');
  await controller.ask({ method: 'POST', path: '/v1/badges', body: { badgeEventId: 'b-1' }, timeoutMs });
  await tell('open');
  await sleep(400);
  await tell('shut');
  await hearAll();
  await sensor.close();
  await controller.close();
  return { timesToldOpen: TOLD_OPEN + 1, restarts: 1, withoutBadge, withBadge: heard };
};

/** Lives the row through, below a folder of its own. */
export const liveSite13 = async (folder: string): Promise<Site13Seen> => {
  const cabinets = await makeCabinets(folder, ['s1', 's2'], { cabinet: { badgeMs: 200 } });
  try {
    const lines: string[] = [];
    const pairs = await livePairs(cabinets, lines);
    const move = await liveMove(cabinets);
    return { pairs, move, door: await liveDoor(cabinets) };
  } finally {
    await cabinets.close();
  }
};

const isRefusedOnce = ({ outcomes, logLines }: Tried): boolean =>
  outcomes.length === TIMES && outcomes.every((each) => each === 'refused') && logLines === 1;
const isServed = ({ outcomes, logLines }: Tried): boolean =>
  outcomes.length === TIMES && outcomes.every((each) => each === 'served') && logLines === 0;

/** Whether what was seen is what the row asks for. */
export const isSite13 = ({ pairs, move, door }: Site13Seen): boolean =>
  PAIRS.every((pair, index) => {
    const seen = pairs[index];
    return (
      seen?.pair === pair &&
      isServed(seen.right) &&
      WRONGS.every((wrong) => isRefusedOnce(seen.asking[wrong])) &&
      isRefusedOnce(seen.answering['other-authority']) &&
      isRefusedOnce(seen.answering['wrong-identity'])
    );
  }) &&
  pairs.length === PAIRS.length &&
  move.from === 's1' &&
  move.to === 's2' &&
  move.idAtTarget === move.jobId &&
  move.goesOn === 'from-checkpoint' &&
  move.began === 'from-checkpoint' &&
  move.atSource === 'gone' &&
  move.atTarget === 'done' &&
  move.runsAtTarget === 1 &&
  move.result === PRIMES &&
  door.timesToldOpen === TOLD_OPEN + 1 &&
  door.restarts === 1 &&
  door.withoutBadge.length === 1 &&
  door.withoutBadge[0] === 'DOOR_WITHOUT_BADGE' &&
  door.withBadge.length === 0;
