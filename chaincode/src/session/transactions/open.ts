import { privateKey, sessionOpenBody, sessionRecord, stateKey, type sessionCommands } from '@roamgrid/wire';
import { getDealing, openTerms } from '../../consortium/agreement.ts';
import { requireActive } from '../../consortium/registry.ts';
import { requireMember, type Verb, zip } from '../../context/index.ts';
import { checkOpening } from '../opening.ts';
import { Sites } from '../sites.ts';

/**
 * Opens sessions that charge already: the home utility authorised each, the driver consented to its quote, the quote
 * keeps to the agreement. Nothing is shared between sessions, so opens never conflict with one another.
 */
export const open: Verb<typeof sessionCommands.open> = async (tx, command) => {
  const dealing = await getDealing(tx, command);
  const { vun, hun, agreement, endorsers } = dealing;
  requireMember(tx.caller, vun, ['station', 'aaa']);
  requireActive(tx, vun);
  requireActive(tx, hun);
  const terms = openTerms(tx, agreement);
  const { bodies, text } = tx.transientBodies(sessionOpenBody, 'bodies', command.items.length);
  const context = { tx, dealing, terms, sites: new Sites(tx) };
  await tx.prefetch(command.items.map(({ sessionId }) => stateKey.session(sessionId)));
  for (const [item, opened] of zip(command.items, bodies)) {
    await checkOpening(context, item, opened);
    const key = stateKey.session(item.sessionId);
    await tx.requireAbsent(key);
    const { openedAtMs, quote } = opened.value;
    tx.put(
      sessionRecord,
      key,
      {
        type: 'session',
        version: 1,
        sessionId: item.sessionId,
        state: 'opened',
        vun: vun.utilityId,
        hun: hun.utilityId,
        agreementId: agreement.agreementId,
        openHash: opened.hash,
        openingId: tx.commandId,
        openedAtMs,
        expiresAtMs: openedAtMs + quote.plannedMs + terms.cdrBoundMs,
      },
      { endorsers, ofItem: true },
    );
  }
  tx.putPrivate(endorsers, privateKey.opening(tx.commandId), text);
};
