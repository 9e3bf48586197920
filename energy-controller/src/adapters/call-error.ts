import type { CallFailure } from '@roamgrid/service-kit';
import { AdapterError } from './adapter.ts';

/**
 * What a failed call of an adapter comes to. `REFUSED` says that nothing of an order is followed: of a device that failed at it nobody
 * knows, so that it counts as one that did not answer.
 * @param device as in "the outlet at http://…"
 */
export const callError = (device: string, failure: CallFailure): AdapterError => {
  switch (failure.kind) {
    case 'unreachable':
      return new AdapterError('UNREACHABLE', `${device} cannot be reached`, { cause: failure.cause });
    case 'timeout':
      return new AdapterError('UNREACHABLE', `${device} gave no answer in time`);
    case 'protocol':
      return new AdapterError('MALFORMED', `${device}: ${failure.detail}`);
    case 'problem': {
      const { code, detail, status } = failure.problem;
      return new AdapterError(status < 500 ? 'REFUSED' : 'UNREACHABLE', `${device}: ${code}, ${detail}`);
    }
  }
};
