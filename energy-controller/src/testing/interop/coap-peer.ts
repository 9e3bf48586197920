import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startStage } from '../../stage/stage.ts';
import { startEmap } from '../../surfaces/emap/server.ts';
import { createLogger } from '@roamgrid/service-kit';
import { comparedWith, type Exercised } from './exercised.ts';

/** A client of CoAP with blocks in both directions and observation. */
export const COAP_PEER = 'aiocoap (PyPI)';

/** What the peer makes of our answers. */
const EXPECTED = {
  discovered: true,
  put: ['2.04 Changed', 'taken'],
  noticed: true,
  got: [1, 96, '100095'],
  bare: '4.01 Unauthorized',
};

/** Runs the peer against a house of ours. */
export const exerciseCoap = async (python: string): Promise<readonly Exercised[]> => {
  const key = randomBytes(32).toString('base64url');
  // A clock of its own day, by which what it tells is not over.
  const stage = await startStage({
    ...{ nodes: [{ nodeId: 'site', kind: 'connection' }], loads: [], clock: Date.now },
  });
  const book = stage.controller.signals.get('s1');
  if (book === undefined) throw new Error('the stage has no site');
  const house = { book, der: () => ({}), nowMs: Date.now };
  const peers = [{ peerId: 'peer', key, may: 'tell' as const }];
  const log = createLogger('emap', { level: 'error' });
  const server = await startEmap({ host: '127.0.0.1', port: 0, peers }, house, log);
  try {
    const script = join(import.meta.dirname, 'coap_client.py');
    const { stdout } = await promisify(execFile)(python, [script, String(server.port), 'peer', key]);
    return comparedWith(EXPECTED, JSON.parse(stdout) as Record<string, unknown>);
  } finally {
    await server.close();
    await stage.close();
  }
};
