import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { escapeHtml, page } from './html.ts';
import { signInWords } from './words/choose.ts';
import type { SignInWords } from './words/english.ts';

/** The pages that a person sees while signing in: plain HTML, usable by keyboard, touch and screen reader. */

export const loginPage = (
  words: SignInWords,
  utilityName: string,
  uid: string,
  trouble?: 'wrong' | 'wait',
): string =>
  page(
    words,
    words.signIn,
    utilityName,
    `${trouble === undefined ? '' : `<p class="error" role="alert" id="problem">${words[trouble]}</p>`}
<form method="post" action="/interaction/${escapeHtml(uid)}/login" autocomplete="on">
<label for="login">${words.login}</label>
<input id="login" name="login" autocomplete="username" required maxlength="100" autofocus${trouble === undefined ? '' : ' aria-describedby="problem"'}>
<label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200">
<button class="main" type="submit">${words.signIn}</button>
</form>
<form method="post" action="/interaction/${escapeHtml(uid)}/abort"><button type="submit">${words.cancel}</button></form>`,
  );

/** Asks the driver whether the app that opened this page is theirs. Spec: RFC 8252 §8.6. */
export const consentPage = (
  words: SignInWords,
  utilityName: string,
  uid: string,
  appName: string | undefined,
  asks: readonly (keyof SignInWords['asks'])[],
): string =>
  page(
    words,
    words.letIn,
    utilityName,
    `${asks.map((each) => `<p><strong>${escapeHtml(appName ?? words.anApp)}</strong> ${words.asks[each]}</p>`).join('\n')}
<form method="post" action="/interaction/${escapeHtml(uid)}/consent"><button class="main" type="submit">${words.allow}</button></form>
<form method="post" action="/interaction/${escapeHtml(uid)}/abort"><button type="submit">${words.cancel}</button></form>`,
  );

export const overPage = (words: SignInWords, utilityName: string): string =>
  page(words, words.over, utilityName, `<p role="alert">${words.overText}</p>`);

/** On the provider's own pages no app has asked for a language. */
const wordsFor = (ctx: KoaContextWithOIDC): SignInWords =>
  signInWords(undefined, (languages) => ctx.acceptsLanguages(languages));

/** `form` comes from the provider and is trusted HTML. */
export const deviceCodePage =
  (utilityName: string) =>
  (
    ctx: KoaContextWithOIDC,
    form: string,
    _out?: ErrorOut,
    error?: Error & { readonly userCode?: string },
  ): void => {
    const words = wordsFor(ctx);
    const isWrong = error !== undefined;
    ctx.type = 'html';
    ctx.body = page(
      words,
      words.connect,
      utilityName,
      `<p${isWrong ? ' class="error" role="alert"' : ''}>${isWrong ? words.codeWrong : words.codeAsked}</p>
${form}
<button class="main" type="submit" form="op.deviceInputForm">${words.goOn}</button>`,
    );
  };

export const deviceConfirmPage =
  (utilityName: string) =>
  (
    ctx: KoaContextWithOIDC,
    form: string,
    client: { readonly clientName?: string | undefined; readonly clientId: string },
    _device: unknown,
    userCode: string,
  ): void => {
    const words = wordsFor(ctx);
    ctx.type = 'html';
    ctx.body = page(
      words,
      words.yours,
      utilityName,
      `<p><strong>${escapeHtml(client.clientName ?? client.clientId)}</strong> ${words.yoursText}</p>
<p class="code">${escapeHtml(userCode)}</p>
<p>${words.ifNot}</p>
${form}
<button class="main" type="submit" form="op.deviceConfirmForm">${words.goOn}</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">${words.cancel}</button>`,
    );
  };

export const deviceDonePage =
  (utilityName: string) =>
  (ctx: KoaContextWithOIDC): void => {
    const words = wordsFor(ctx);
    ctx.type = 'html';
    ctx.body = page(words, words.signedIn, utilityName, `<p role="status">${words.deviceSignedIn}</p>`);
  };

/** Shows the standard error, which is in English, and nothing of the inside. */
export const errorPage = (ctx: KoaContextWithOIDC, out: ErrorOut): void => {
  const words = wordsFor(ctx);
  ctx.type = 'html';
  ctx.body = page(
    words,
    words.failed,
    words.signIn,
    `<p role="alert" lang="en">${escapeHtml(out.error_description ?? out.error)}</p><p>${words.startAgain}</p>`,
  );
};
