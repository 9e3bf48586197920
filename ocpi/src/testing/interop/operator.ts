import { until } from '../until.ts';
import type { DoorUnderTest, Told } from '../world.ts';
import type { Rows } from './rows.ts';

/** What an operator does with one partner, each written down as a row. */
export const createOperator = ({ operate }: DoorUnderTest, partnerId: string, { note }: Rows) => {
  const at = `/operator/v1/partners/${partnerId}`;
  const resultOf = async (
    action: string,
    asked: { status: number; body: Told },
    expects: string,
  ): Promise<void> => {
    const { commandId = '' } = asked.body;
    if (asked.status !== 200) {
      note(action, false, asked.body);
      return;
    }
    const told = await until(`what came of ${action}`, async () => {
      const { body } = await operate('GET', `/operator/v1/commands/${commandId}`);
      return String(body['isOver']) === 'true' ? body : undefined;
    });
    note(action, (told['result'] ?? '').includes(expects), told);
  };
  return {
    async pull(module: string, isRight: (body: Told) => boolean): Promise<void> {
      const { body } = await operate('POST', `${at}/pulls`, { module });
      note(`pull ${module}`, isRight(body), body);
    },
    /** @param tick makes the partner go on, where it does not by itself */
    async command(kind: string, about: object, tick: () => Promise<unknown>): Promise<void> {
      const asked = await operate('POST', `${at}/commands`, { kind, text: JSON.stringify(about) });
      await tick();
      await resultOf(`command ${kind}`, asked, 'ACCEPTED');
    },
    /** Says yes and tells no result. */
    async commandWithoutResult(kind: string, about: object): Promise<void> {
      const { body } = await operate('POST', `${at}/commands`, { kind, text: JSON.stringify(about) });
      note(`command ${kind}`, body['response'] === 'ACCEPTED', body);
    },
    async profile(sessionId: string, ask: object): Promise<void> {
      const asked = await operate('POST', `${at}/profiles/${sessionId}`, ask);
      await resultOf(
        `charging profile: ${JSON.stringify(ask).slice(9, 14).replace(/\W.*/, '')}`,
        asked,
        'ACCEPTED',
      );
    },
    async ask(
      action: string,
      path: string,
      body: unknown,
      isRight: (told: { status: number; body: Told }) => boolean,
    ) {
      const told = await operate('POST', `${at}${path}`, body);
      note(action, isRight(told), told);
    },
  };
};
