import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { operatorCommand, operatorReceipt, type AssertionClaims } from '@roamgrid/wire';
import { z } from 'zod';
import { invalidCommand } from './invalid-command.ts';
import { findCommand } from './command-rules.ts';
import { tell, type TellContext } from './tell.ts';

const MAX_COMMAND_BYTES = 4 * 1024 * 1024;

/** What operators, grid operators and the AAA node tell the ledger through this gateway. */
export const operatorRoutes = (context: TellContext, auth: Auth<AssertionClaims>): readonly Route[] => [
  route({
    method: 'post',
    path: '/operator/v1/commands/{contract}/{transaction}',
    summary: 'Tell the ledger a command; answers when it is committed',
    auth,
    params: z.strictObject({ contract: z.string().max(40), transaction: z.string().max(40) }),
    body: operatorCommand,
    bodyLimitBytes: MAX_COMMAND_BYTES,
    answers: { 200: operatorReceipt },
    problems: ['COMMAND_UNKNOWN', 'LEDGER_DOWN', 'LEDGER_INVALID', 'LEDGER_FORBIDDEN', 'LEDGER_CONFLICT'],
    handler: async ({ principal, params, body }) => {
      const { schema } = findCommand(params.contract, params.transaction);
      const checked = schema.safeParse(body.command);
      if (!checked.success) throw invalidCommand(checked.error);
      const { transactionId, blockNumber, receipt } = await tell(context, principal, {
        ...params,
        command: body.command,
        transient: body.transient ?? {},
      });
      return reply(200, { transactionId, blockNumber: blockNumber.toString(), wrote: receipt.wrote });
    },
  }),
];
