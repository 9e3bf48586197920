import { kitError, type CallResult } from '@roamgrid/service-kit';
import { aaaError, type AaaCode } from '../problems.ts';

/**
 * What a partner answered, who was asked by the own gateway through its router.
 * @throws ServiceError PARTNER_SILENT when nobody answers there, `refused` when the partner says no, UNAVAILABLE for all else
 */
export const partnerAnswer = <T>(answer: CallResult<T>, refused: AaaCode): T => {
  if (answer.ok) return answer.value;
  const { failure } = answer;
  if (failure.kind !== 'problem')
    throw kitError('UNAVAILABLE', 'the own gateway does not answer', { cause: failure });
  const { code, detail } = failure.problem;
  if (code === 'HOME_SERVICE_DOWN') throw aaaError('PARTNER_SILENT', detail);
  if (code === 'PARTNER_REFUSED') throw aaaError(refused, detail);
  throw kitError('UNAVAILABLE', detail, { cause: failure });
};
