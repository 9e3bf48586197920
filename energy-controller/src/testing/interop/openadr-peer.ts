import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startStage } from '../../stage/stage.ts';
import { VTN_PATH } from '../../surfaces/openadr/vtn/vtn.ts';
import { comparedWith, type Exercised } from './exercised.ts';

/** A client of OpenADR 3 that plays business logic and a VEN. */
export const OPENADR_PEER = 'openadr3 (PyPI)';

const SECRETS = ['of-business-logic-in-this-run-alone', 'of-a-ven-for-this-run-and-no-other'] as const;

/** What the peer reads out of our answers. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  programs: ['peer'],
  events: ['2026-12-01 17:00:00+00:00', 3_600, [3]],
  vens: ['peer-house'],
  resources: ['peer-meter'],
  subscriptions: ['peer-house'],
  reports: ['peer-house'],
  refused: [403, 403, 404],
  updated: 200,
  deleted: 200,
};

/** Runs the peer against a VTN of ours. */
export const exerciseOpenAdr = async (python: string): Promise<readonly Exercised[]> => {
  const [business, ven] = SECRETS;
  const stage = await startStage({
    ...{ nodes: [{ nodeId: 'site', kind: 'connection' }], loads: [] },
    controller: {
      openadr: {
        clients: [
          { clientId: 'utility', secret: business, role: 'business-logic' },
          { clientId: 'house', secret: ven, role: 'ven' },
        ],
      },
    },
  });
  try {
    const script = join(import.meta.dirname, 'openadr_client.py');
    const url = `${stage.controller.url}${VTN_PATH}`;
    const { stdout } = await promisify(execFile)(python, [script, url, business, ven]);
    return comparedWith(EXPECTED, JSON.parse(stdout) as Record<string, unknown>);
  } finally {
    await stage.close();
  }
};
