import { call } from '@roamgrid/service-kit';
import { confirmAnswer, confirmQuestion, type ConfirmQuestion, type PartnersWord } from '@roamgrid/wire';

/** What the partner outside says to its customer's swipe; `AWAY` where the door does not answer either. */
export type Confirm = (question: ConfirmQuestion) => Promise<PartnersWord>;

/** Within what a visited utility waits for home's decision. */
const TIMEOUT_MS = 1_500;

/** Asks the door for partners outside. */
export const createConfirm =
  (doorUrl: string, sign: (audience: string) => Promise<string>): Confirm =>
  async (question) => {
    const { origin } = new URL(doorUrl);
    const asked = await call({
      method: 'POST',
      url: `${origin}/internal/v1/tokens/confirm`,
      headers: { authorization: `Bearer ${await sign(origin)}` },
      body: confirmQuestion.encode(question),
      answer: confirmAnswer,
      timeoutMs: TIMEOUT_MS,
    });
    return asked.ok ? asked.value.word : 'AWAY';
  };
