import { interimRecord, stateKey, type sessionCommands } from '@roamgrid/wire';
import { getDealing } from '../../consortium/agreement.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';

/**
 * Keeps hashes of interim readings while sessions run (ROAM-5). The session's own record is not read, so that interim
 * records never conflict with its close; a sequence told again with the same hash is the same record.
 */
export const record: Verb<typeof sessionCommands.record> = async (tx, command) => {
  const { vun, endorsers } = await getDealing(tx, command);
  requireMember(tx.caller, vun, ['station', 'aaa']);
  const keys = new Set<string>();
  for (const item of command.items) {
    const key = stateKey.interim(item.sessionId, item.sequence);
    ensure(!keys.has(key), 'CONFLICT', `${key} stands twice in the command`);
    keys.add(key);
    const before = await tx.find(interimRecord, key);
    if (before !== undefined) {
      ensure(before.readingHash === item.readingHash, 'CONFLICT', `${key} was recorded with another reading`);
      continue;
    }
    tx.put(interimRecord, key, { type: 'interim', version: 1, ...item }, { endorsers, ofItem: true });
  }
  tx.endorseBy(endorsers);
};
