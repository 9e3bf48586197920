import { createHash } from 'node:crypto';
import type { LiveStations } from '../edge/live-stations.ts';
import type { CommandOutcome, StationCommander } from '../model/station-desk.ts';
import { driverTariff } from '../v2/tariff/driver-tariff.ts';
import { costNumber } from '../v2/texts.ts';
import type { CommandAnswer } from './answer.ts';
import type { StationCommand } from './command.ts';
import { runCommand } from './run-command.ts';
import { say } from './say.ts';

const OUTCOMES: Readonly<Record<CommandAnswer['outcome'], CommandOutcome>> = {
  accepted: 'accepted',
  scheduled: 'accepted',
  rejected: 'rejected',
  unsupported: 'unsupported',
  unknown: 'unreachable',
};

export const outcomeOf = (answer: CommandAnswer | 'offline'): CommandOutcome =>
  answer === 'offline' ? 'unreachable' : OUTCOMES[answer.outcome];

/** One message a transaction: the next takes its place. */
const messageIdOf = (transactionId: string): number =>
  (createHash('sha256').update(transactionId).digest().readUInt32BE() % 2_147_483_647) + 1;
const STATION_MESSAGE = 1;

/** What the session path asks of stations. */
export const createCommander = (live: Pick<LiveStations, 'of'>): StationCommander => {
  const run = async (stationId: string, command: StationCommand): Promise<CommandOutcome> =>
    outcomeOf(await runCommand(live, stationId, command));
  return {
    stop: (stationId, transactionId) => run(stationId, { kind: 'stop', transactionId }),
    start: (stationId, { outlet, token, remoteStart }) =>
      run(stationId, { kind: 'start', outlet, token, remoteStart }),
    async show(stationId, { transactionId, texts }) {
      const [text] = texts;
      if (text === undefined) return 'rejected';
      const messageId = transactionId === undefined ? STATION_MESSAGE : messageIdOf(transactionId);
      const about = transactionId === undefined ? {} : { transactionId };
      return run(stationId, { kind: 'show', messageId, text, ...about });
    },
    async showCost(stationId, transactionId, totalCostMicros) {
      const socket = live.of(stationId);
      if (socket === undefined) return 'unreachable';
      if (socket.protocol === 'ocpp1.6') return 'unsupported';
      const payload = { transactionId, totalCost: costNumber(totalCostMicros) };
      // Its answer is empty.
      const read = (): CommandAnswer => ({ outcome: 'accepted' });
      return outcomeOf(await say(socket, { action: 'CostUpdated', payload, read }));
    },
    allowTransfer: (stationId, transactionId, modes) =>
      run(stationId, { kind: 'allow-energy-transfer', transactionId, modes: [...modes] }),
    takesPrices: (stationId) => live.of(stationId)?.known.abilities?.takesTariffs === true,
    async tellPrice(stationId, { transactionId, price, texts, tariffId }) {
      const socket = live.of(stationId);
      if (socket === undefined) return 'unreachable';
      const { abilities } = socket.known;
      if (abilities?.takesTariffs !== true) return 'unsupported';
      const tariff = driverTariff(price, texts, abilities);
      if (typeof tariff === 'string') return 'unsupported';
      if (tariff.tariffId === tariffId) return 'accepted';
      return outcomeOf(
        await say(socket, { action: 'ChangeTransactionTariff', payload: { transactionId, tariff } }),
      );
    },
  };
};
