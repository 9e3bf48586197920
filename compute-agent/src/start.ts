import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { createLogger, createService, type Logger } from '@roamgrid/service-kit';
import {
  createPeerClient,
  createRefusalLog,
  peerTls,
  type Peer,
  type PeerClient,
} from '@roamgrid/service-kit/peers';
import { privateFolder, startRounds, type Running } from '@roamgrid/service-kit/runtime';
import type { z } from 'zod';
import { Agent } from './agent.ts';
import { agentConfig, type AgentConfig } from './config.ts';
import { agentRoutes } from './edge/routes.ts';
import type { WriteWatch } from './jobs/book.ts';
import { lockFolder } from './lock.ts';
import { agentProblems } from './problems.ts';

export interface StartOptions {
  readonly nowMs?: () => number;
  readonly logger?: Logger;
  /** Hears of each write of a job's record. */
  readonly onWrite?: WriteWatch;
}

export interface RunningAgent extends Running {
  /** `suspend` (as `close` does) leaves jobs stopped, for the next agent of the folder to take over; `end` leaves none. */
  closeWith(jobs: 'suspend' | 'end'): Promise<void>;
}

const knownPeers = ({ peers }: AgentConfig): readonly Peer[] => [
  ...peers.controllers.map((id): Peer => ({ role: 'controller', id })),
  ...peers.cabinets.map(({ cabinetId: id }): Peer => ({ role: 'cabinet', id })),
  ...peers.blades.map((id): Peer => ({ role: 'blade', id })),
  ...peers.sensors.map((id): Peer => ({ role: 'sensor', id })),
];

export type AgentSettingsInput = z.input<typeof agentConfig>;

/** Starts the agent of a cabinet. @throws what is wrong with its configuration or state */
export const startAgent = async (
  given: AgentSettingsInput,
  { nowMs = Date.now, logger, onWrite }: StartOptions = {},
): Promise<RunningAgent> => {
  const config = agentConfig.parse(given);
  const { cabinetId, identity } = config;
  const stateDir = resolve(config.stateDir);
  const log = logger ?? createLogger('compute-agent', { level: config.logLevel });
  privateFolder(stateDir);
  const unlock = lockFolder(stateDir);
  const onRefused = createRefusalLog(log);
  const cabinets = new Map(
    config.peers.cabinets.map((one): [string, PeerClient] => {
      const peer: Peer = { role: 'cabinet', id: one.cabinetId };
      return [one.cabinetId, createPeerClient({ identity, peer, url: one.url, onRefused })];
    }),
  );
  const ofFolder = createHash('sha256').update(stateDir).digest('hex').slice(0, 16);
  try {
    const agent = new Agent({
      config: { ...config, stateDir },
      cabinets,
      tokenPrefix: `${cabinetId}:${ofFolder}:`,
      cores: availableParallelism(),
      nowMs,
      ticksMs: () => performance.now(),
      log,
      ...(onWrite !== undefined && { onWrite }),
    });
    await agent.recover();
    const service = createService({
      name: 'compute-agent',
      version: '0.1.0',
      logger: log,
      problems: agentProblems,
      // Only known peers come in at all.
      rateLimit: 'off',
      tls: peerTls({ identity, known: knownPeers(config), onRefused }),
      routes: agentRoutes(agent, config),
    });
    const url = await service.listen(config.listen);
    const tick = (): Promise<void> => {
      agent.tick();
      return Promise.resolve();
    };
    const rounds = [
      startRounds('power', config.tickMs, tick, log, 'steady'),
      startRounds('moves', config.retryMs, () => agent.moves.settle(), log),
    ];
    const closeWith = async (jobs: 'suspend' | 'end'): Promise<void> => {
      for (const each of rounds) await each.stop();
      await service.close();
      await agent.close(jobs);
      for (const client of cabinets.values()) await client.close();
      unlock();
    };
    return { url, closeWith, close: () => closeWith('suspend') };
  } catch (thrown) {
    for (const client of cabinets.values()) await client.close();
    unlock();
    throw thrown;
  }
};
