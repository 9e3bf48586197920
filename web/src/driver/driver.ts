import { h } from '../shared/dom.ts';
import { find, load, readJson, wordsOf } from '../shared/load.ts';
import { billsScreen, type Bills } from './bills.ts';
import { showConsent } from './consent.ts';
import { showDevices } from './devices.ts';
import { endSignIn, goToSignIn, SignInRefused, type AppConfig, type Ask, type Purpose } from './sign-in.ts';

/** Driver page: sign in at the home utility, see the one bill (ROAM-13), let this device sign, and consent with it. */
const main = find('main');
const announce = find('announce');

function show(text: string, ...content: readonly HTMLElement[]): void {
  main.replaceChildren(...content);
  announce.textContent = text;
}

const problem = (text: string) => h('p', { class: 'card problem', role: 'alert' }, text);

function signInButton(config: AppConfig, purpose: Purpose, again: boolean, kind = ''): HTMLElement {
  const text = purpose === 'bills' ? `Sign in at ${config.utilityName}` : 'Let this device sign';
  const button = h('button', { type: 'button', class: kind }, text);
  button.addEventListener('click', () => {
    button.disabled = true;
    goToSignIn(config, purpose, again).catch((error: unknown) => {
      showSignIn(config, { again, trouble: wordsOf(error) });
    });
  });
  return button;
}

function showSignIn(
  config: AppConfig,
  { again = false, trouble }: { again?: boolean; trouble?: string },
): void {
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
      h(
        'div',
        { class: 'row' },
        signInButton(config, 'bills', again, 'primary'),
        signInButton(config, 'device', again),
      ),
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

// A code that is scanned while the page is open changes only what is behind the `#`.
addEventListener('hashchange', () => {
  location.reload();
});

try {
  const config = await load<AppConfig>('/config.json');
  find('utility').textContent = config.utilityName;
  try {
    const signedIn = await endSignIn(config);
    if (signedIn?.purpose === 'device') await showDevices(config, signedIn.ask, show);
    else if (signedIn !== undefined) await showBills(config, signedIn.ask);
    else if (location.hash === '') showSignIn(config, {});
    else await showConsent(config, show, signInButton(config, 'device', false, 'primary'));
  } catch (error) {
    showSignIn(config, {
      again: true,
      trouble: error instanceof SignInRefused ? error.message : `That did not work: ${wordsOf(error)}`,
    });
  }
} catch (error) {
  show('The page could not be loaded.', problem(`The page could not be loaded: ${wordsOf(error)}`));
}
