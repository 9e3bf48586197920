import {
  answerBody,
  canonicalText,
  clearingCommands,
  creditBody,
  disputeBody,
  payableStatement,
  sealBody,
  type ShownDispute,
} from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import type { StoredCommand } from '../batcher/commands.ts';
import { bodyOf, NOTHING } from './form-answer.ts';
import { newSalt } from './form-dispute.ts';
import { dealingOf, type ClearingRead } from './read.ts';

/** The note on what a late dispute came to: what was billed less what stands. */
export const formCredit = (context: ClearingRead, dispute: ShownDispute, periodId: string): StoredCommand => {
  const { disputeId, invoiceId, agreementId, vun, hun, answerHash } = dispute.record;
  const { endorsers } = dealingOf(context, dispute.record);
  const billed = bodyOf(dispute, 'body');
  const answer = answerHash === undefined ? undefined : bodyOf(dispute, 'answer');
  const stands = answer ?? NOTHING;
  const creditId = `crn-${disputeId.slice(0, 40)}`;
  const { currency } = billed;
  const payableMicros = billed.payableMicros - stands.payableMicros;
  const body = sealBody(creditBody, {
    creditId,
    disputeId,
    invoiceId,
    agreementId,
    vun,
    hun,
    periodId,
    currency,
    energyWh: billed.energyWh - stands.energyWh,
    totalMicros: billed.totalMicros - stands.totalMicros,
    shares: {
      hun: billed.shares.hun - stands.shares.hun,
      vun: billed.shares.vun - stands.shares.vun,
      infrastructure: billed.shares.infrastructure - stands.shares.infrastructure,
      driver: billed.shares.driver - stands.shares.driver,
    },
    payableMicros,
    salt: newSalt(),
  });
  const payable = sealBody(payableStatement, {
    invoiceId: creditId,
    periodId,
    debtor: vun,
    creditor: hun,
    currency,
    payableMicros,
    salt: newSalt(),
  });
  const commandId = `credit-${uuidv7()}`;
  return {
    commandId,
    command: {
      contract: 'clearing',
      transaction: 'credit',
      argument: canonicalText(clearingCommands.credit, {
        commandId,
        disputeId,
        creditId,
        periodId,
        bodyHash: body.hash,
        payableHash: payable.hash,
      }),
      transient: {
        dispute: sealBody(disputeBody, billed).text,
        ...(answer && { answer: sealBody(answerBody, answer).text }),
        body: body.text,
        payable: payable.text,
      },
      endorsers,
      role: 'aaa',
    },
  };
};
