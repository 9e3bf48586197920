import { signUnavailableList, UNAVAILABLE_LIMITS } from '@roamgrid/offline';
import { kitError } from '@roamgrid/service-kit';
import { unavailableChargers, type UnavailableChargers } from '@roamgrid/wire';
import { z } from 'zod';
import { requireOutlet, type RulesContext } from './rules.ts';
import { keepWord, siteSubject, wordForSiteOf, type SignedWord } from './signed-words.ts';

const MS_PER_S = 1_000;

/**
 * Says at which chargers of a site nobody may start. The same again is the same word.
 * @throws ServiceError OFFLINE_OUTLET_UNKNOWN; INVALID_REQUEST for a charger that is not of the site, and for a time that ends before it begins
 */
export const setUnavailable = async (
  context: RulesContext,
  siteId: string,
  said: UnavailableChargers,
): Promise<SignedWord> => {
  const { chargers, unavailable } = said;
  for (const evseId of chargers) requireOutlet(context, evseId);
  if (unavailable.length > UNAVAILABLE_LIMITS.rows)
    throw kitError(
      'INVALID_REQUEST',
      `${unavailable.length} rows, a list has at most ${UNAVAILABLE_LIMITS.rows}`,
    );
  for (const { evseId, fromMs, untilMs } of unavailable) {
    if (!chargers.includes(evseId)) throw kitError('INVALID_REQUEST', `${evseId} is no charger of the site`);
    if (fromMs >= untilMs) throw kitError('INVALID_REQUEST', `${evseId}: it ends before it begins`);
  }
  const text = JSON.stringify(z.encode(unavailableChargers, said));
  return keepWord(context, { subject: siteSubject(siteId), kind: 'unavailable', said: text }, (version) => {
    const rows = unavailable.map(({ evseId, fromMs, untilMs }) => ({
      ...{ evseId, fromS: Math.floor(fromMs / MS_PER_S), untilS: Math.ceil(untilMs / MS_PER_S) },
    }));
    return signUnavailableList({ version, chargers, unavailable: rows }, context.keys.signer);
  });
};

/** The latest list that is for an outlet. */
export const unavailableFor = (
  context: Pick<RulesContext, 'db'>,
  evseId: string,
): Promise<SignedWord | undefined> => wordForSiteOf(context, evseId, 'unavailable');
