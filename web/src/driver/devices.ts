import { h } from '../shared/dom.ts';
import { readJson, whyOf } from '../shared/load.ts';
import { deviceKey, findDeviceKey } from './device-key.ts';
import type { Drawn, Present } from './present.ts';
import type { AppConfig, Ask } from './sign-in.ts';
import { speech } from './words/speech.ts';

/** The view in which a signed-in driver lets this device sign for a card, or no longer. */

interface OwnCin {
  readonly cinRef: string;
  readonly printed: string;
  readonly state: 'active' | 'blocked' | 'lost';
  readonly deviceKey?: { readonly kid: string };
}

const pathOf = ({ cinRef }: OwnCin): string => `/driver/v1/cins/${cinRef}/device-key`;

const stateOf = ({ deviceKey: bound, state }: OwnCin, ownKid: string | undefined): string => {
  const words = speech().words.devices;
  if (state !== 'active') return words.card[state];
  if (bound === undefined) return words.none;
  return bound.kid === ownKid ? words.this : words.other;
};

/** Shows the driver's cards with the devices that sign for them. */
export async function showDevices(config: AppConfig, ask: Ask, present: Present): Promise<void> {
  const { cins } = await readJson<{ cins: readonly OwnCin[] }>(
    await ask('/driver/v1/cins'),
    config.utilityName,
  );
  const own = (await findDeviceKey())?.kid;
  let failure: unknown;
  const change = async (cin: OwnCin, binds: boolean): Promise<void> => {
    const response = binds
      ? await ask(pathOf(cin), 'PUT', (await deviceKey()).publicJwk)
      : await ask(pathOf(cin), 'DELETE');
    if (!response.ok) await readJson(response, config.utilityName);
    await showDevices(config, ask, present);
  };
  const step = (text: string, cin: OwnCin, binds: boolean, kind = '') => {
    const button = h('button', { type: 'button', class: kind }, text);
    button.addEventListener('click', () => {
      button.disabled = true;
      change(cin, binds).catch((error: unknown) => {
        failure = error;
        present(draw);
      });
    });
    return button;
  };
  const draw = (): Drawn => {
    const words = speech().words.devices;
    const stepsOf = (cin: OwnCin) => [
      cin.state === 'active' && (cin.deviceKey === undefined || cin.deviceKey.kid !== own)
        ? step(words.bind, cin, true, 'primary')
        : undefined,
      cin.deviceKey === undefined ? undefined : step(words.remove, cin, false),
    ];
    const cards = cins.map((cin) =>
      h(
        'li',
        { 'data-cin': cin.printed },
        h('span', { class: 'where' }, cin.printed),
        h('span', { class: 'lead' }, stateOf(cin, own)),
        h('div', { class: 'row' }, ...stepsOf(cin)),
      ),
    );
    return [
      words.said,
      h(
        'section',
        { class: 'card' },
        h('h1', {}, words.title),
        h('p', { class: 'lead' }, words.lead(config.utilityName)),
        h('ul', { class: 'sessions' }, ...cards),
        h('p', {}, h('a', { href: '/' }, words.toBills)),
      ),
      h('p', { class: 'problem', role: 'alert' }, ...(failure === undefined ? [] : [whyOf(failure)])),
    ];
  };
  present(draw);
}
