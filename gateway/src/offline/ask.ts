import { err, ok, type Result } from '@roamgrid/domain';
import {
  DOCUMENT_TYPE,
  inForceAt,
  keysAbout,
  offlineAsk,
  openDatedDocument,
  statedAsk,
  type AgreementTerms,
  type noOfflineQuote,
  type OfflineAsk,
} from '@roamgrid/wire';
import type { z } from 'zod';
import type { Registry } from '../registry/registry.ts';

export interface NoQuote {
  readonly code: z.infer<typeof noOfflineQuote>;
  readonly message: string;
}

export const noQuote = (code: NoQuote['code'], message: string): Result<never, NoQuote> =>
  err({ code, message });

/** An ask whose signature is home's own, with the agreement that holds in all of its hours. */
export interface OpenedAsk {
  readonly ask: OfflineAsk;
  readonly terms: AgreementTerms;
}

/** Opens an ask that is addressed to this utility. */
export const openAsk = async (
  {
    registry,
    utilityId,
    channel,
    nowMs,
  }: {
    readonly registry: Registry;
    readonly utilityId: string;
    readonly channel: string;
    readonly nowMs: () => number;
  },
  signed: string,
): Promise<Result<OpenedAsk, NoQuote>> => {
  const hun = registry.utility(statedAsk(signed)?.iss ?? '');
  if (hun?.status !== 'active') return noQuote('OFFLINE_ASK_INVALID', 'no member of the registry asks');
  const opened = await openDatedDocument(
    offlineAsk,
    DOCUMENT_TYPE.offlineAsk,
    signed,
    hun.signingKeys,
    ({ issuedAtMs }) => issuedAtMs,
    keysAbout,
  );
  if (!opened.ok) return noQuote('OFFLINE_ASK_INVALID', opened.error.message);
  const ask = opened.value;
  if (ask.iss !== hun.utilityId || ask.aud !== utilityId || ask.channel !== channel)
    return noQuote('OFFLINE_ASK_INVALID', 'it is for another pair of utilities, or another channel');
  const now = nowMs();
  if (ask.validUntilMs <= now || ask.fromMs >= ask.untilMs || ask.untilMs <= now)
    return noQuote('OFFLINE_ASK_INVALID', 'it is out of its time, or its hours are');
  const agreement = registry.activeAgreement(utilityId, hun.utilityId, now);
  if (agreement === undefined || agreement.record.agreementId !== ask.agreementId)
    return noQuote('OFFLINE_NOT_AGREED', `${ask.agreementId} is not what is in force between the two`);
  if (![ask.fromMs, ask.untilMs].every((atMs) => inForceAt(agreement.record, Math.max(atMs, now))))
    return noQuote('OFFLINE_NOT_AGREED', 'the agreement does not hold in all of the hours');
  return ok({ ask, terms: agreement.terms });
};
