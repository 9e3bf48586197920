import { parseTariff, type Problem } from '@roamgrid/domain';
import { z } from 'zod';
import { displayText, energyMix, owner, priceLimitOf } from './common.ts';
import { ciString, closedEnum, dateTime, maybe, some, text, url, type OcpiDoorVersion } from './scalars.ts';

/** What the rating engine finds wrong in an object, as the schema's own issues. */
export const addProblems = (context: z.RefinementCtx, problems: readonly Problem[]): void => {
  for (const { pointer, message } of problems) {
    const path = pointer.split('/').slice(1);
    context.addIssue({ code: 'custom', message, path });
  }
};

/** Elements, components and restrictions are read by the rating engine's own reader. Spec: OCPI 2.2.1 and 2.3.0 mod_tariffs. */
export const tariffsOf = (version: OcpiDoorVersion) => {
  const limit = maybe(priceLimitOf(version));
  const tariff = z
    .looseObject({
      ...owner,
      id: ciString(36),
      currency: z.string().length(3),
      type: maybe(closedEnum('AD_HOC_PAYMENT PROFILE_CHEAP PROFILE_FAST PROFILE_GREEN REGULAR')),
      tariff_alt_text: some(displayText),
      tariff_alt_url: maybe(url),
      min_price: limit,
      max_price: limit,
      elements: z.array(z.unknown()).min(1),
      tax_included: version === '2.2.1' ? maybe(text(3)) : closedEnum('YES NO N/A'),
      start_date_time: maybe(dateTime),
      end_date_time: maybe(dateTime),
      energy_mix: maybe(energyMix),
      last_updated: dateTime,
    })
    .superRefine((value, context) => {
      const parsed = parseTariff(value);
      if (!parsed.ok) addProblems(context, parsed.error);
    });
  return { tariff };
};

export type OcpiTariff = z.output<ReturnType<typeof tariffsOf>['tariff']>;
