import {
  canonicalText,
  judgeOpening,
  quote as quoteSchema,
  sessionOpenBody,
  type IssuerEntry,
  type OpeningJudgement,
  type StationRecord,
  type TariffRecord,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { CHANNEL } from './two-utilities.ts';

/** What a gateway's registry would know to judge an opening by. */
export interface JudgeGround {
  readonly issuers: ReadonlyMap<string, IssuerEntry>;
  readonly stations: ReadonlyMap<string, StationRecord>;
}

const tariffOf = (utilityId: string, tariffId: string, version: number): TariffRecord => ({
  type: 'tariff',
  version,
  tariffId,
  utilityId,
  tariffJson: '{}',
  validFromMs: 0,
  validUntilMs: Date.now() + 86_400_000,
  publishedAtMs: 0,
});

/** Judges by the rules that every gateway judges by; any tariff of the visited utility is published and bound. */
export const judgeBy = async (
  { issuers, stations }: JudgeGround,
  openBody: string,
): Promise<OpeningJudgement> => {
  const open = sessionOpenBody.decode(JSON.parse(openBody) as z.input<typeof sessionOpenBody>);
  const { quote } = open;
  const visited = issuers.get(quote.vun);
  const home = issuers.get(quote.hun);
  const station = stations.get(`${quote.vun} ${quote.stationId}`);
  if (visited?.agreement === undefined || visited.terms === undefined || home === undefined || !station) {
    return { outcome: 'refused', code: 'NOT_FOUND', message: 'the registry knows no such parties' };
  }
  const judged = await judgeOpening(
    { open, quoteText: canonicalText(quoteSchema, quote) },
    {
      channel: CHANNEL,
      agreement: visited.agreement,
      terms: visited.terms,
      vun: visited.utility,
      hun: home.utility,
      station,
      tariff: tariffOf(quote.vun, quote.tariffId, quote.tariffVersion),
      bound: true,
    },
  );
  return judged.ok
    ? { outcome: 'good', consentBy: judged.value.consentBy }
    : { outcome: 'refused', ...judged.error };
};
