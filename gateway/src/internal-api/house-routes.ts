import { reply, route, type Route } from '@roamgrid/service-kit';
import { houseBatchRef, houseConfirmation } from '@roamgrid/wire';
import { z } from 'zod';
import { confirmationOf } from '../auditor-api/house-lists.ts';
import { gatewayError } from '../problems.ts';
import type { InternalContext } from './routes.ts';

/** Where a house's batch stands on the ledger, for the controller that told it. */
export const houseRoutes = ({ db, auth }: Pick<InternalContext, 'db' | 'auth'>): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/houses/{houseRef}/batches/{number}',
    summary: 'A house’s batch with the block and the transaction that recorded it',
    auth: auth.aaa,
    params: houseBatchRef.extend({ number: z.coerce.number().pipe(houseBatchRef.shape.number) }),
    answers: { 200: houseConfirmation },
    problems: ['RECORD_NOT_FOUND'],
    handler: async ({ params: { houseRef, number } }) => {
      const found = await confirmationOf(db, houseRef, number);
      if (found === undefined)
        throw gatewayError('RECORD_NOT_FOUND', `batch ${number} of ${houseRef} is not on the ledger`);
      return reply(200, found);
    },
  }),
];
