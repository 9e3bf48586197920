import { h } from '../shared/dom.ts';
import { find, wordsOf } from '../shared/load.ts';
import { ask } from './access.ts';
import type { SiteChange, SiteChanged, SiteState } from './state.ts';
import { kW } from './words.ts';

const THOUSAND = 1000;

type Bare = Omit<SiteChange, 'fromVersion' | 'confirmation'>;

/** Asks in a dialog that keeps the focus until it is answered. */
const isConfirmed = (title: string, lines: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const dialog = find('confirm') as HTMLDialogElement;
    dialog.returnValue = '';
    dialog.replaceChildren(
      h('h2', { id: 'confirm-title' }, title),
      h('ul', { class: 'plain' }, ...lines.map((line) => h('li', {}, line))),
      h(
        'form',
        { method: 'dialog', class: 'row' },
        h('button', { value: '' }, 'Leave as it is'),
        h('button', { value: 'yes', class: 'primary' }, 'Confirm'),
      ),
    );
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    dialog.showModal();
  });

/** Tells a change once it is confirmed, and again with the controller's own confirmation where that asks for one. */
const tell = async (fromVersion: number, said: string, bare: Bare): Promise<string> => {
  if (!(await isConfirmed('Change the site?', [said]))) return 'Nothing was changed.';
  const path = `/site/v1/changes/${crypto.randomUUID()}`;
  const change: SiteChange = { fromVersion, ...bare };
  const first = await ask<SiteChanged>(path, 'PUT', change);
  if (first.outcome === 'applied') return `Changed: ${said}`;
  if (!(await isConfirmed('This makes the site less safe', first.because))) return 'Nothing was changed.';
  await ask<SiteChanged>(path, 'PUT', { ...change, confirmation: first.confirmation });
  return `Changed: ${said}`;
};

type Told = (outcome: string, isGood: boolean) => void;

const form = (
  state: SiteState,
  told: Told,
  fields: readonly Node[],
  action: string,
  read: (data: FormData) => readonly [string, Bare] | string,
): HTMLElement =>
  h(
    'form',
    {
      class: 'change',
      onsubmit: (event) => {
        event.preventDefault();
        const wanted = read(new FormData(event.target as HTMLFormElement));
        if (typeof wanted === 'string') {
          told(wanted, false);
          return;
        }
        tell(state.settings.version, ...wanted).then(
          (outcome) => told(outcome, true),
          (error: unknown) => told(`Not changed: ${wordsOf(error)}`, false),
        );
      },
    },
    ...fields,
    h('button', {}, action),
  );

const field = (label: string, id: string, control: HTMLElement): HTMLElement => {
  control.id = id;
  return h('div', {}, h('label', { for: id }, label), control);
};

const choice = (
  name: string,
  options: readonly (readonly [string, string])[],
  chosen?: string,
): HTMLElement =>
  h(
    'select',
    { name },
    ...options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)),
  );

const number = (name: string, max: number, step: string): HTMLElement =>
  h('input', { name, type: 'number', min: '0', max: String(max), step, inputmode: 'decimal' });

const textOf = (data: FormData, name: string): string => {
  const value = data.get(name);
  return typeof value === 'string' ? value.trim() : '';
};

const policyForm = (state: SiteState, told: Told): HTMLElement =>
  form(
    state,
    told,
    [
      field(
        'Policy',
        'policy',
        choice(
          'policyId',
          state.policies.map((policyId) => [policyId, policyId]),
          state.settings.policyId,
        ),
      ),
    ],
    'Change policy',
    (data) => {
      const policyId = textOf(data, 'policyId');
      return policyId === state.settings.policyId
        ? `The policy is ${policyId} already.`
        : [`Policy ${policyId} in place of ${state.settings.policyId}`, { policyId }];
    },
  );

const limitForm = (state: SiteState, told: Told): HTMLElement =>
  form(
    state,
    told,
    [
      field(
        'Part of the site',
        'limit-node',
        choice(
          'nodeId',
          state.nodes.map(({ nodeId, limitW }) => [
            nodeId,
            `${nodeId} (${limitW === undefined ? 'no limit' : kW(limitW)})`,
          ]),
        ),
      ),
      field('Limit, kW; empty as it is built', 'limit-kw', number('kw', 100_000, '0.1')),
    ],
    'Change limit',
    (data) => {
      const [nodeId, kw] = [textOf(data, 'nodeId'), textOf(data, 'kw')];
      if (kw === '') return [`${nodeId} as it is built`, { limits: { [nodeId]: null } }];
      const totalW = String(Math.round(Number(kw) * THOUSAND));
      return [`${nodeId} has at most ${kW(totalW)}`, { limits: { [nodeId]: { hard: { totalW } } } }];
    },
  );

const priorityForm = (state: SiteState, told: Told): HTMLElement =>
  form(
    state,
    told,
    [
      field(
        'Load',
        'priority-load',
        choice(
          'loadId',
          state.loads.map(({ loadId }) => [
            loadId,
            `${loadId} (${state.settings.priorities[loadId]?.toString() ?? 'none'})`,
          ]),
        ),
      ),
      field('Priority, 1 first; empty for none', 'priority-number', number('priority', 99, '1')),
    ],
    'Change priority',
    (data) => {
      const [loadId, priority] = [textOf(data, 'loadId'), textOf(data, 'priority')];
      return priority === ''
        ? [`${loadId} has no priority`, { priorities: { [loadId]: null } }]
        : [`${loadId} has priority ${priority}`, { priorities: { [loadId]: Number(priority) } }];
    },
  );

const guardButton = (state: SiteState, told: Told): HTMLElement =>
  form(state, told, [], 'Reset the guard', () => ['The guard watches again', { resetGuard: true }]);

/** Policy, limits and priorities, each changed with a confirmation. */
export const settings = (state: SiteState, told: Told): HTMLElement =>
  h(
    'section',
    { class: 'card', 'aria-labelledby': 'card-settings' },
    h('h2', { id: 'card-settings' }, 'Policy, limits and priorities'),
    h('p', { id: 'outcome', role: 'status' }),
    policyForm(state, told),
    limitForm(state, told),
    priorityForm(state, told),
    ...(state.guard.state === 'tripped' ? [guardButton(state, told)] : []),
  );
