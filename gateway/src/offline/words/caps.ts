import { signCapCalendar, takeCapCalendar, SLOT_S } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { kitError } from '@roamgrid/service-kit';
import { capCalendar, type CapCalendar } from '@roamgrid/wire';
import { z } from 'zod';
import { operatorOf, requireOutlet, type RulesContext } from './rules.ts';
import { keepWord, siteSubject, wordForSiteOf, type SignedWord } from './signed-words.ts';

const MS_PER_S = 1_000;

/**
 * Says how much a site's chargers may give in each quarter of an hour. The same again is the same word.
 * @throws ServiceError OFFLINE_OUTLET_UNKNOWN; INVALID_REQUEST for what a charger would not take
 */
export const setCaps = async (
  context: RulesContext,
  siteId: string,
  said: CapCalendar,
): Promise<SignedWord> => {
  const { chargers, fromMs, wattsPerAmp, amps } = said;
  for (const evseId of chargers) requireOutlet(context, evseId);
  if (fromMs % (SLOT_S * MS_PER_S) !== 0)
    throw kitError('INVALID_REQUEST', 'a calendar begins with a quarter of an hour');
  const text = JSON.stringify(z.encode(capCalendar, said));
  const sign = async (version: number) => {
    const calendar = { version, chargers, fromS: fromMs / MS_PER_S, wattsPerAmp, amps };
    const word = await signCapCalendar(calendar, context.keys.signer);
    // What nobody would take is found here, and not at the charger.
    const has = {
      evseId: chargers[0] ?? '',
      version: version - 1,
      nowS: Math.floor(context.nowMs() / MS_PER_S),
    };
    const taken = await takeCapCalendar(word, operatorOf(context), has, NODE_SUITE);
    if (!taken.ok) throw kitError('INVALID_REQUEST', `a charger would not take it: ${taken.error.message}`);
    return word;
  };
  return keepWord(context, { subject: siteSubject(siteId), kind: 'caps' }, () => ({ said: text, sign }));
};

/** The latest calendar that is for an outlet. */
export const capsFor = (context: Pick<RulesContext, 'db'>, evseId: string): Promise<SignedWord | undefined> =>
  wordForSiteOf(context, evseId, 'caps');
