import { hold } from '../../failure.ts';
import type { JsonObject } from '../../json.ts';
import { keyOf } from '../../session/records.ts';
import { list, text } from '../../shape.ts';
import type { Step } from '../step.ts';

/** That peers of both parties endorsed what binds them; where one utility is both, of a witness. @throws Failed */
export const requireParties = (step: Step, record: JsonObject, what: string): void => {
  const agreementId = text(record['agreementId'], `the agreement of ${what}`);
  const agreement = step.records.get(keyOf.agreement(agreementId));
  const parties = list(agreement['parties'], `the parties of ${agreementId}`);
  const { vun, hun } = record;
  hold(
    parties.includes(vun ?? null) && parties.includes(hun ?? null),
    `${what} is of utilities that ${agreementId} does not bind`,
  );
  for (const id of new Set([vun, hun, vun === hun ? agreement['witness'] : vun])) {
    const { mspId } = step.records.get(keyOf.utility(text(id, `a party of ${what}`)));
    hold(
      step.endorsers.has(text(mspId, 'an organisation')),
      `${what} is not endorsed by ${text(mspId, 'an organisation')}`,
    );
  }
};
