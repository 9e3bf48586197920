import { z } from 'zod';
import { paymentRecord } from '../ledger/payment.ts';

/** `GET /internal/v1/payments?sinceMs=`: what this utility pays or is paid, of nettings that are open or of that instant or later. */
export const ownPayments = z.strictObject({ payments: z.array(paymentRecord) });
