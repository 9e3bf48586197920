import { h } from '../shared/dom.ts';
import { readJson, wordsOf } from '../shared/load.ts';
import { deviceKey, findDeviceKey } from './device-key.ts';
import type { Show } from './consent.ts';
import type { AppConfig, Ask } from './sign-in.ts';

/** The view in which a signed-in driver lets this device sign for a card, or no longer. */

interface OwnCin {
  readonly cinRef: string;
  readonly printed: string;
  readonly state: 'active' | 'blocked' | 'lost';
  readonly deviceKey?: { readonly kid: string };
}

const pathOf = ({ cinRef }: OwnCin): string => `/driver/v1/cins/${cinRef}/device-key`;

const stateOf = ({ deviceKey: bound, state }: OwnCin, ownKid: string | undefined): string => {
  if (state !== 'active') return `This card is ${state}.`;
  if (bound === undefined) return 'No device signs for this card.';
  return bound.kid === ownKid ? 'This device signs for this card.' : 'Another device signs for this card.';
};

/** Shows the driver's cards with the devices that sign for them. */
export async function showDevices(config: AppConfig, ask: Ask, show: Show): Promise<void> {
  const { cins } = await readJson<{ cins: readonly OwnCin[] }>(
    await ask('/driver/v1/cins'),
    config.utilityName,
  );
  const own = (await findDeviceKey())?.kid;
  const problem = h('p', { class: 'problem', role: 'alert' });
  const change = async (cin: OwnCin, binds: boolean): Promise<void> => {
    const response = binds
      ? await ask(pathOf(cin), 'PUT', (await deviceKey()).publicJwk)
      : await ask(pathOf(cin), 'DELETE');
    if (!response.ok) await readJson(response, config.utilityName);
    await showDevices(config, ask, show);
  };
  const step = (text: string, cin: OwnCin, binds: boolean, kind = '') => {
    const button = h('button', { type: 'button', class: kind }, text);
    button.addEventListener('click', () => {
      button.disabled = true;
      change(cin, binds).catch((error: unknown) => {
        problem.textContent = wordsOf(error);
        button.disabled = false;
      });
    });
    return button;
  };
  show(
    'Your cards and the devices that sign for them.',
    h(
      'section',
      { class: 'card' },
      h('h1', {}, 'This device'),
      h(
        'p',
        { class: 'lead' },
        `It can agree to what charging costs, beside the station. Its key never leaves it; ${config.utilityName} names it in all that it signs for your card.`,
      ),
      h(
        'ul',
        { class: 'sessions' },
        ...cins.map((cin) =>
          h(
            'li',
            { 'data-cin': cin.printed },
            h('span', { class: 'where' }, cin.printed),
            h('span', { class: 'lead' }, stateOf(cin, own)),
            h(
              'div',
              { class: 'row' },
              cin.state === 'active' && (cin.deviceKey === undefined || cin.deviceKey.kid !== own)
                ? step('Let this device sign', cin, true, 'primary')
                : undefined,
              cin.deviceKey === undefined ? undefined : step('Remove the device', cin, false),
            ),
          ),
        ),
      ),
      h('p', {}, h('a', { href: '/' }, 'To your bills')),
    ),
    problem,
  );
}
