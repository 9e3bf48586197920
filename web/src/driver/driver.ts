import { h } from '../shared/dom.ts';
import { find, load, readJson, wordsOf } from '../shared/load.ts';
import { billsScreen, type Bills } from './bills.ts';
import { endSignIn, goToSignIn, SignInRefused, type AppConfig, type Ask } from './sign-in.ts';

/** Driver page: sign in at the home utility, see the one bill (ROAM-13). */
const main = find('main');
const announce = find('announce');

function show(text: string, ...content: readonly HTMLElement[]): void {
  main.replaceChildren(...content);
  announce.textContent = text;
}

const problem = (text: string) => h('p', { class: 'card problem', role: 'alert' }, text);

function showSignIn(
  config: AppConfig,
  { again = false, trouble }: { again?: boolean; trouble?: string },
): void {
  const signIn = h(
    'button',
    {
      type: 'button',
      class: 'primary',
      onclick: () => {
        signIn.disabled = true;
        goToSignIn(config, again).catch((error: unknown) => {
          showSignIn(config, { again, trouble: wordsOf(error) });
        });
      },
    },
    `Sign in at ${config.utilityName}`,
  );
  show(
    // An alert speaks for itself.
    trouble === undefined ? 'Sign in to see your bill.' : '',
    ...(trouble === undefined ? [] : [problem(trouble)]),
    h(
      'section',
      { class: 'card' },
      h('h1', {}, 'One bill for all your charging'),
      h(
        'p',
        { class: 'lead' },
        `Wherever in the network you charged, ${config.utilityName} bills you, and nobody else.`,
      ),
      h('div', { class: 'row' }, signIn),
    ),
  );
}

async function showBills(config: AppConfig, ask: Ask): Promise<void> {
  const { bills } = await readJson<{ bills: Bills }>(await ask('/driver/v1/bills'), 'The utility');
  const signOut = () => {
    showSignIn(config, { again: true });
  };
  const count = `${bills.length} ${bills.length === 1 ? 'bill' : 'bills'}`;
  show(`Signed in. ${count}.`, ...billsScreen(bills, config, signOut));
}

try {
  const config = await load<AppConfig>('/config.json');
  find('utility').textContent = config.utilityName;
  try {
    const ask = await endSignIn(config);
    if (ask === undefined) showSignIn(config, {});
    else await showBills(config, ask);
  } catch (error) {
    showSignIn(config, {
      again: true,
      trouble: error instanceof SignInRefused ? error.message : `That did not work: ${wordsOf(error)}`,
    });
  }
} catch (error) {
  show('The page could not be loaded.', problem(`The page could not be loaded: ${wordsOf(error)}`));
}
