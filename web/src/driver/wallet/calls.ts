import type {
  offlineOffer,
  offlinePhone,
  offlineQuoteRequest,
  offlineTokenAnswer,
  offlineTokens,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { askerWith, type CommonTrouble } from '../asked.ts';
import { speech } from '../words/speech.ts';

/** What the wallet asks of the driver's own utility. */

export type Offer = z.input<typeof offlineOffer>;
export type QuoteRequest = z.input<typeof offlineQuoteRequest>;
export type TokenAnswer = z.input<typeof offlineTokenAnswer>;
export type Phone = z.input<typeof offlinePhone>;
export type Tokens = z.input<typeof offlineTokens>;

/** What can go wrong, as far as the page has words of its own. */
export type WalletTrouble =
  | CommonTrouble
  | 'CIN_NOT_ACTIVE'
  | 'CIN_NOT_FOUND'
  | 'ISSUER_REFUSED'
  | 'PARTNER_SILENT'
  | 'RATE_NOT_STATED'
  | 'OFFLINE_NOT_OFFERED'
  | 'OFFLINE_WINDOW_INVALID'
  | 'OFFLINE_ENERGY_TOO_MUCH'
  | 'OFFLINE_NO_QUOTE'
  | 'OFFLINE_QUOTE_OVER'
  | 'OFFLINE_TOKENS_OPEN'
  | 'OFFLINE_COST_TOO_MUCH'
  | 'OFFLINE_GO_ONLINE'
  | 'OFFLINE_PHONES_FULL'
  | 'OFFLINE_PHONE_REVOKED'
  | 'OFFLINE_PHONE_COPIED'
  | 'OFFLINE_CREDIT_INVALID'
  | 'OFFLINE_CREDIT_FULL'
  | 'OFFLINE_CONSENT_INVALID';

/** Asks home. @throws SaidByPage in the page's words where it has some; SignedOut when the sign-in is over */
export const askHome = askerWith<WalletTrouble>(() => speech().words.wallet.troubles);
