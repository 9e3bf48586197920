import { h } from '../shared/dom.ts';
import { languageChooser } from '../shared/language/chooser.ts';
import { find, load, readJson, whyOf } from '../shared/load.ts';
import { BookingPage } from './booking/booking.ts';
import { billsScreen, type Bills } from './bills.ts';
import { contestId, type Contest, type Draft } from './contest.ts';
import { showConsent } from './consent.ts';
import { showDevices } from './devices.ts';
import type { Present } from './present.ts';
import {
  endSignIn,
  goToSignIn,
  SignInRefused,
  type AppConfig,
  type Ask,
  type Purpose,
  type SignedIn,
} from './sign-in.ts';
import { WalletPage } from './wallet/wallet.ts';
import { speakIn, speech } from './words/speech.ts';

/** Driver page: sign in at the home utility, see the one bill (ROAM-13), let this device sign, and consent with it. */
const main = find('main');
const announce = find('announce');
/** Behind the address, where the app starts once it is installed. */
const WALLET = '#wallet';
/** Draws the present view once more, in the language that was chosen. */
let drawAgain = (): void => undefined;

const present: Present = (draw) => {
  drawAgain = () => {
    const [said, ...content] = draw();
    main.replaceChildren(...content);
    announce.textContent = said;
  };
  drawAgain();
};

const problem = (...why: readonly (HTMLElement | string)[]) =>
  h('p', { class: 'card problem', role: 'alert' }, ...why);

/** Everything of the page that is not a view, in the present language. */
function speak(): void {
  const { language, words } = speech();
  document.documentElement.lang = language;
  document.title = words.page.title;
  find('skip').textContent = words.page.skip;
  find('tagline').textContent = words.page.place;
  find('language-choice').replaceChildren(
    languageChooser(words.page.language, language, (chosen) => {
      speakIn(chosen);
      speak();
      drawAgain();
      find('language').focus();
    }),
  );
}

function signInButton(config: AppConfig, purpose: Purpose, again: boolean, kind = ''): HTMLElement {
  const words = speech().words.signIn;
  const text = {
    bills: () => words.bills(config.utilityName),
    device: () => words.device,
    booking: () => words.booking,
    wallet: () => words.wallet,
  }[purpose]();
  const button = h('button', { type: 'button', class: kind }, text);
  button.addEventListener('click', () => {
    button.disabled = true;
    goToSignIn(config, purpose, again).catch((error: unknown) => {
      showSignIn(config, { again, trouble: () => [whyOf(error)] });
    });
  });
  return button;
}

interface SignInView {
  readonly again?: boolean;
  readonly trouble?: () => readonly (HTMLElement | string)[];
}

function showSignIn(config: AppConfig, { again = false, trouble }: SignInView): void {
  present(() => {
    const words = speech().words.signIn;
    return [
      // An alert speaks for itself.
      trouble === undefined ? words.said : '',
      ...(trouble === undefined ? [] : [problem(...trouble())]),
      h(
        'section',
        { class: 'card' },
        h('h1', {}, words.title),
        h('p', { class: 'lead' }, words.lead(config.utilityName)),
        h(
          'div',
          { class: 'row' },
          signInButton(config, 'bills', again, 'primary'),
          signInButton(config, 'booking', again),
          signInButton(config, 'wallet', again),
          signInButton(config, 'device', again),
        ),
        h('p', {}, h('a', { href: WALLET }, words.keptWallet)),
      ),
    ];
  });
}

/** The wallet on this phone, which also opens where nobody is signed in and with the network off. */
function showWallet(config: AppConfig, signedIn?: SignedIn): Promise<void> {
  history.replaceState(null, '', WALLET);
  return WalletPage.show(config, present, signedIn, {
    signIn: (again) => goToSignIn(config, 'wallet', again),
    leave: () => {
      history.replaceState(null, '', './');
      showSignIn(config, { again: true });
    },
  });
}

async function showBills(config: AppConfig, ask: Ask): Promise<void> {
  const answer = await ask('/driver/v1/bills');
  const utility = speech().words.page.utility;
  const { bills } = await readJson<{ bills: Bills }>(answer, utility);
  const { contests } = await readJson<{ contests: Contest[] }>(await ask('/driver/v1/contests'), utility);
  const drafts = new Map<string, Draft>();
  let isShown = true;
  const draw = (said: () => string) => {
    present(() => [said(), ...billsScreen(bills, { config, contests, drafts, tell, signOut })]);
  };
  const send = async (sessionId: string, statement: string): Promise<() => string> => {
    try {
      const told = await ask('/driver/v1/contests', 'POST', { sessionId, statement });
      contests.push(await readJson<Contest>(told, utility));
      drafts.delete(sessionId);
      return () => speech().words.contest.told;
    } catch (failure) {
      drafts.set(sessionId, { text: statement, failure });
      // An alert speaks for itself.
      return () => '';
    }
  };
  const tell = (sessionId: string, statement: string): void => {
    drafts.set(sessionId, { text: statement, isSending: true });
    draw(() => '');
    void send(sessionId, statement).then((said) => {
      if (!isShown) return;
      draw(said);
      // The form that had the focus is gone: what was said stands in its place, or the form again.
      find(contestId(sessionId)).focus();
    });
  };
  const signOut = () => {
    isShown = false;
    showSignIn(config, { again: true });
  };
  draw(() => speech().words.bills.said(bills.length));
}

/** What the address asks for, and what a sign-in came back for. */
async function showAsked(config: AppConfig): Promise<void> {
  const signedIn = await endSignIn(config);
  if (signedIn?.purpose === 'device') await showDevices(config, signedIn.ask, present);
  else if (signedIn?.purpose === 'booking')
    await BookingPage.show(config, signedIn.ask, present, (why) => {
      showSignIn(config, { again: true, ...(why !== undefined && { trouble: () => [whyOf(why)] }) });
    });
  else if (signedIn?.purpose === 'wallet') await showWallet(config, signedIn);
  else if (signedIn !== undefined) await showBills(config, signedIn.ask);
  else if (location.hash === WALLET) await showWallet(config);
  else if (location.hash === '') showSignIn(config, {});
  else await showConsent(config, present, () => signInButton(config, 'device', false, 'primary'));
}

// A code that is scanned while the page is open changes only what is behind the `#`.
addEventListener('hashchange', () => {
  location.reload();
});

speak();
try {
  const config = await load<AppConfig>('/config.json');
  find('utility').textContent = config.utilityName;
  try {
    await showAsked(config);
  } catch (error) {
    const trouble = () =>
      error instanceof SignInRefused ? [whyOf(error)] : [speech().words.page.wentWrong, ' ', whyOf(error)];
    showSignIn(config, { again: true, trouble });
  }
} catch (error) {
  present(() => {
    const { notLoaded } = speech().words.page;
    return [notLoaded, problem(notLoaded, ' ', whyOf(error))];
  });
}
