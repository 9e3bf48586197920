import { call, kitError } from '@roamgrid/service-kit';
import { confirmAnswer, confirmQuestion } from '@roamgrid/wire';

/** Whether the partner outside whose token it is lets it charge now. @throws ServiceError UNAVAILABLE */
export type Confirm = (tokenId: string) => Promise<boolean>;

/** Within what a driver waits for everybody's word on a token. */
const TIMEOUT_MS = 1_500;

/** Asks the door for partners outside. */
export const createConfirm =
  (doorUrl: string, sign: (audience: string) => Promise<string>): Confirm =>
  async (tokenId) => {
    const { origin } = new URL(doorUrl);
    const asked = await call({
      method: 'POST',
      url: `${origin}/internal/v1/tokens/confirm`,
      headers: { authorization: `Bearer ${await sign(origin)}` },
      body: confirmQuestion.encode({ tokenId }),
      answer: confirmAnswer,
      timeoutMs: TIMEOUT_MS,
    });
    if (asked.ok) return asked.value.allowed;
    const { failure } = asked;
    const why = failure.kind === 'problem' ? failure.problem.code : failure.kind;
    throw kitError('UNAVAILABLE', `the partner whose token it is was not asked: ${why}`);
  };
