import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgreementTerms } from '@roamgrid/wire';
import { z } from 'zod';
import type { RunningUtility } from '../system/utility.ts';
import { billEvidence, collectEvidence } from './evidence.ts';

/** Write the evidence of settled sessions below a run's folder, one file a session, readable by its owner alone. */
export async function keepEvidence(
  stateDir: string,
  visited: RunningUtility,
  sessions: readonly { readonly id: string }[],
  terms: AgreementTerms,
): Promise<void> {
  const folder = join(stateDir, 'evidence');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { id } of sessions) {
    const evidence = await collectEvidence(visited, id, terms);
    writeFileSync(join(folder, `${id}.json`), JSON.stringify(z.encode(billEvidence, evidence)), {
      mode: 0o600,
    });
  }
}
