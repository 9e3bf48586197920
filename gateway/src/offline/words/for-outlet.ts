import type { CarriedWords } from '@roamgrid/wire';
import { lastSaid } from './diagnoses.ts';
import type { FirmwareShelf } from './firmware.ts';
import type { RulesContext } from './rules.ts';
import { wordOf } from './signed-words.ts';
import { slotWord } from './slots.ts';
import { unavailableFor } from './unavailable.ts';

/** What phones carry to one outlet besides its receipt. */
export const wordsFor = async (
  context: RulesContext & { readonly firmware: FirmwareShelf },
  evseId: string,
): Promise<Pick<CarriedWords, 'rules' | 'slots' | 'unavailable' | 'firmware'>> => {
  const [rules, slots, unavailable, said] = await Promise.all([
    wordOf(context, evseId, 'rules'),
    slotWord(context, evseId),
    unavailableFor(context, evseId),
    lastSaid(context, evseId),
  ]);
  const has = said?.firmware;
  const firmware = has && (await context.firmware.laterThan(has.model, has.installedVersion));
  return {
    ...(rules && { rules: { version: rules.version, word: rules.word } }),
    ...(slots && { slots }),
    ...(unavailable && { unavailable }),
    ...(firmware && { firmware }),
  };
};
