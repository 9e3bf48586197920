import { createCommander } from '../../commands/commander.ts';
import { createReserver } from '../../commands/reserver.ts';
import { runCommand } from '../../commands/run-command.ts';
import type { CommandAnswer } from '../../commands/answer.ts';
import type { StationCommand } from '../../commands/command.ts';
import { NO_ABILITIES } from '../../v2/abilities.ts';
import { hashPassword } from '../../edge/password.ts';
import { PASSWORD, type Stage } from '../stage.ts';
import { until } from '../until.ts';
import { COMMANDS, COMMANDS_21, PRICE } from './commands.ts';
import type { ConnectedPeer, StationPeer } from './peer.ts';
import { ANSWERS_16, says16 } from './station-16.ts';
import { ANSWERS_2, ANSWERS_21, says2 } from './station-2.ts';
import { says21 } from './station-21.ts';

/** One action with a peer, and what came of it: `ok`, or what was other than expected. */
export interface Exercised {
  readonly from: 'station' | 'us';
  readonly action: string;
  readonly came: string;
}

/** Says something as the station, and whether the door made of it what it should. */
export type Say = (
  action: string,
  payload: object,
  isRight?: (answer: Readonly<Record<string, unknown>>) => boolean,
) => Promise<Readonly<Record<string, unknown>>>;

/** Of the password's hash: cheap. */
const TEST_COST = 1_024;

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const sayingTo =
  (peer: ConnectedPeer, rows: Exercised[]): Say =>
  async (action, payload, isRight = () => true) => {
    try {
      const answer = (await peer.say(action, payload)) as Readonly<Record<string, unknown>>;
      const came = isRight(answer) ? 'ok' : `answered ${JSON.stringify(answer)}`;
      rows.push({ from: 'station', action, came });
      return answer;
    } catch (thrown) {
      rows.push({ from: 'station', action, came: reasonOf(thrown) });
      return {};
    }
  };

const cameOf = (answer: CommandAnswer | 'offline'): string => {
  if (answer === 'offline') return 'offline';
  return answer.outcome === 'accepted'
    ? 'ok'
    : `${answer.outcome}${answer.said === undefined ? '' : `, ${answer.said}`}`;
};

/** Writes down what is called; a command for which a version has no words calls nothing. */
const listening = ({ edge }: Stage, calls: string[]): Pick<Stage['edge']['live'], 'of'> => ({
  of(stationId) {
    const socket = edge.live.of(stationId);
    return (
      socket && {
        ...socket,
        call(action, payload) {
          calls.push(action);
          return socket.call(action, payload);
        },
      }
    );
  },
});

/** As if the station had said that it takes tariffs, whatever it says. */
const able = (live: Pick<Stage['edge']['live'], 'of'>): Pick<Stage['edge']['live'], 'of'> => ({
  of(stationId) {
    const socket = live.of(stationId);
    const abilities = { ...NO_ABILITIES, takesTariffs: true };
    return socket && { ...socket, known: { abilities } };
  },
});

const ANSWERS = { 'ocpp1.6': ANSWERS_16, 'ocpp2.0.1': ANSWERS_2, 'ocpp2.1': ANSWERS_21 } as const;

/** The transaction that a peer begins because it was asked to. */
const begun = async ({ heard }: Stage): Promise<string> => {
  const latest = () => heard.transactions.at(-1)?.report;
  await until('the transaction that was asked for begins', () => latest()?.phase === 'began');
  const told = latest()?.transaction;
  if (told?.by === 'station') return told.id;
  return String(heard.transactions.filter(({ report }) => report.phase === 'began').length);
};

/** What the door tells by itself of an outlet that is booked: kept for a group, and given back. */
const reserving = async (
  stage: Stage,
  { cannot = [] }: StationPeer,
  stationId: string,
): Promise<readonly Exercised[]> => {
  const calls: string[] = [];
  const reserver = createReserver(listening(stage, calls));
  const ask = { number: 1_000_000_001, outlet: { evse: 1 }, tag: 'RSV-0123456789abcdef' };
  const told = [await reserver.reserve(stationId, { ...ask, untilMs: Date.now() + 600_000 })];
  if (!cannot.includes('cancel-reservation'))
    told.push(await reserver.cancelReservation(stationId, ask.number));
  return told.map(({ outcome, said }, at) => ({
    ...{ from: 'us', action: calls[at] ?? 'none' },
    came: outcome === 'accepted' ? 'ok' : `${outcome}, ${said ?? ''}`,
  }));
};

/** Connects a peer, lets it say all that a station says, and asks it for all that operators may ask. */
export const exercise = async (stage: Stage, peer: StationPeer): Promise<readonly Exercised[]> => {
  const { protocol } = peer;
  const stationId = `PEER-${stage.credentials.size + 1}`;
  stage.credentials.set(stationId, { passwordHash: await hashPassword(PASSWORD, TEST_COST) });
  const connected = await peer.connect({
    ...{ url: stage.url, stationId, password: PASSWORD, answers: ANSWERS[protocol] },
  });
  const rows: Exercised[] = [];
  try {
    const say = sayingTo(connected, rows);
    const told = { say, heard: stage.heard };
    const transactionId = await (protocol === 'ocpp1.6' ? says16(told) : says2(told));
    if (protocol === 'ocpp2.1') await says21(say, stage, stationId);
    rows.push(...(await reserving(stage, peer, stationId)));
    const commands: readonly StationCommand[] = [
      ...COMMANDS(transactionId),
      ...(protocol === 'ocpp2.1' ? COMMANDS_21(transactionId) : []),
    ];
    if (protocol !== 'ocpp1.6' && peer.cannot?.includes('cost') !== true) {
      const calls: string[] = [];
      const outcome = await createCommander(listening(stage, calls)).showCost(
        stationId,
        transactionId,
        1_230_000n,
      );
      rows.push({ from: 'us', action: calls[0] ?? 'none', came: outcome === 'accepted' ? 'ok' : outcome });
    }
    if (protocol === 'ocpp2.1') {
      const calls: string[] = [];
      const ask = { transactionId, price: PRICE, texts: [] };
      const outcome = await createCommander(able(listening(stage, calls))).tellPrice(stationId, ask);
      rows.push({ from: 'us', action: calls[0] ?? 'none', came: outcome === 'accepted' ? 'ok' : outcome });
    }
    for (const asked of commands) {
      if (peer.cannot?.includes(asked.kind) === true) continue;
      const command =
        asked.kind === 'stop' && peer.isWhole ? { ...asked, transactionId: await begun(stage) } : asked;
      const calls: string[] = [];
      const answer = await runCommand(listening(stage, calls), stationId, command);
      const [action] = calls;
      if (action !== undefined) rows.push({ from: 'us', action, came: cameOf(answer) });
    }
    const accepted = rows
      .filter(({ from, came }) => from === 'us' && came === 'ok')
      .map(({ action }) => action);
    const isAsked = (action: string): boolean => connected.asked.some((asked) => asked.action === action);
    await until(`${peer.name} was asked for what it accepted`, () => accepted.every(isAsked));
  } finally {
    await connected.close();
  }
  return rows;
};
