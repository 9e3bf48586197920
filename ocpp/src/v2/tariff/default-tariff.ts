import { readTariffJson } from '@roamgrid/wire';
import type { CommandOf } from '../../commands/command.ts';
import { instantText } from '../../edge/instant.ts';
import { messageContent } from '../texts.ts';
import { withId } from './driver-tariff.ts';
import { UnsayableTariff, type TariffType } from './tariff-type.ts';
import { writeTariff } from './write-tariff.ts';

type Asked = Pick<CommandOf<'set-default-tariff'>, 'tariffJson' | 'texts' | 'validFromMs'>;

/** @throws UnsayableTariff, and SyntaxError for what is no tariff */
const contentOf = (tariffJson: string) => {
  const read = readTariffJson(tariffJson);
  if (!read.ok) throw new SyntaxError(read.error.message);
  const tariff = read.value;
  return writeTariff({ tariff, adjustmentPpm: 0n, currency: tariff.currency });
};

/** Why no station can be told this tariff; undefined when one can. */
export const defaultTariffFault = ({ tariffJson }: Asked): string | undefined => {
  try {
    contentOf(tariffJson);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof UnsayableTariff || thrown instanceof SyntaxError) return thrown.message;
    throw thrown;
  }
};

export const defaultTariff = ({ tariffJson, texts = [], validFromMs }: Asked): TariffType => {
  const description = texts.map(messageContent);
  const content = { ...contentOf(tariffJson), ...(description.length > 0 && { description }) };
  return withId(validFromMs === undefined ? content : { ...content, validFrom: instantText(validFromMs) });
};
