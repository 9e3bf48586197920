import { creditAnswer, creditRequest, sha256Hex } from '@roamgrid/wire';
import { z } from 'zod';
import { reply, route, type Route } from '../../http/route.ts';
import { ServiceError } from '../../problem/service-error.ts';
import { answered, find, hash, nothing, replace, type ClearingPart } from './world.ts';

/** The note on what a late dispute came to. */
export const creditRoute = ({ world, auth }: ClearingPart): Route =>
  route({
    method: 'post',
    path: '/internal/v1/disputes/{disputeId}/credit-note',
    summary: 'Credit what does not stand',
    auth,
    params: z.object({ disputeId: sha256Hex }),
    body: creditRequest,
    answers: { 200: creditAnswer },
    handler: async ({ params: { disputeId }, body: { periodId } }) => {
      const { silentUntilMs: _, ...dispute } = find(
        world.disputes,
        ({ record }) => record.disputeId === disputeId,
      );
      const { record, body } = dispute;
      if (body === undefined || record.late !== true || !['revised', 'credited'].includes(record.state))
        throw new ServiceError('WRONG_STATE', record.state);
      const creditId = `credit-${disputeId.slice(0, 8)}`;
      const next = replace(world, { ...dispute, record: { ...record, state: 'settled', creditId } });
      const { invoiceId, agreementId, vun, hun } = record;
      const of = { creditId, invoiceId, agreementId, vun, hun, periodId };
      const { totalMicros, payableMicros } = dispute.answer ?? { totalMicros: 0n, payableMicros: 0n };
      const credit = {
        record: {
          ...of,
          type: 'credit' as const,
          version: 1,
          state: 'accepted' as const,
          bodyHash: hash(creditId),
          payableHash: hash(creditId),
          issuedAtMs: Date.now(),
        },
        body: {
          ...of,
          disputeId,
          currency: body.currency,
          energyWh: 0n,
          totalMicros: body.totalMicros - totalMicros,
          shares: nothing,
          payableMicros: body.payableMicros - payableMicros,
          salt: body.salt,
        },
      };
      return Promise.resolve(reply(200, answered(world, { dispute: next, credit })));
    },
  });
