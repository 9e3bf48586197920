import type { CarriedWords } from '@roamgrid/wire';
import { capsFor } from './caps.ts';
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
): Promise<Pick<CarriedWords, 'rules' | 'slots' | 'unavailable' | 'caps' | 'firmware'>> => {
  const [rules, slots, unavailable, caps, said] = await Promise.all([
    wordOf(context, evseId, 'rules'),
    slotWord(context, evseId),
    unavailableFor(context, evseId),
    capsFor(context, evseId),
    lastSaid(context, evseId),
  ]);
  const has = said?.firmware;
  const firmware = has && (await context.firmware.laterThan(has.model, has.installedVersion));
  return {
    ...(rules && { rules: { version: rules.version, word: rules.word } }),
    ...(slots && { slots }),
    ...(unavailable && { unavailable }),
    ...(caps && { caps }),
    ...(firmware && { firmware }),
  };
};
