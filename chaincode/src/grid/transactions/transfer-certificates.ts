import type { certificateCommands } from '@roamgrid/wire';
import { getActiveUtility, getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, zip, type Verb } from '../../context/index.ts';
import { putHolding, putRest, takeFrom } from '../holdings.ts';

/** Some of a holder's Wh become another member's. What is left of each holding stays the holder's. */
export const transferCertificates: Verb<typeof certificateCommands.transferCertificates> = async (
  tx,
  command,
) => {
  const holder = await getUtility(tx, command.holder);
  requireMember(tx.caller, holder, ['operator']);
  ensure(command.to !== command.holder, 'INVALID_ARGUMENT', `${command.to} holds them already`);
  await getActiveUtility(tx, command.to);
  const holdings = await takeFrom(tx, holder, command.parts);
  for (const [{ fromWh, toWh }, holding] of zip(command.parts, holdings)) {
    ensure(
      holding.fromWh <= fromWh && fromWh < toWh && toWh <= holding.toWh,
      'INVALID_ARGUMENT',
      `the holding has the Wh from ${holding.fromWh} to ${holding.toWh}, not those from ${fromWh} to ${toWh}`,
    );
    putRest(tx, holding, fromWh, toWh);
    const version = fromWh === holding.fromWh ? holding.version + 1 : 1;
    putHolding(tx, { ...holding, version, fromWh, toWh, holder: command.to });
  }
};
