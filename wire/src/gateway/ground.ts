import { z } from 'zod';
import { agreementRecord, agreementTerms } from '../ledger/consortium.ts';
import { demandChunkRecord } from '../ledger/grid.ts';
import { tariffRecord } from '../ledger/tariff.ts';

/** What charge records are judged by, as a gateway gives it to its own AAA node, role aaa. */

/** `GET /internal/v1/agreements/{agreementId}`: with its present terms, where this utility is a party. */
export const agreementGround = z.strictObject({ agreement: agreementRecord, terms: agreementTerms });
export type AgreementGround = z.output<typeof agreementGround>;

/** `GET /internal/v1/tariffs/{tariffId}/versions/{version}` */
export const tariffGround = z.strictObject({ tariff: tariffRecord });

/**
 * `GET /internal/v1/agreements/{agreementId}/demand?startMs=&endMs=`: readings by which the agreement's rule may move the price of
 * sessions in the span; none under an agreement without such a rule.
 */
export const demandGround = z.strictObject({ chunks: z.array(demandChunkRecord) });
