import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { escapeHtml, page } from './html.ts';

/** The pages that a person sees while signing in: plain HTML, usable by keyboard, touch and screen reader. */

const TROUBLE = {
  wrong: 'The login or the password is wrong. Try again.',
  wait: 'Too many sign-ins went wrong. Wait a quarter of an hour, then try again.',
} as const;

export const loginPage = (utilityName: string, uid: string, trouble?: keyof typeof TROUBLE): string =>
  page(
    'Sign in',
    utilityName,
    `${trouble === undefined ? '' : `<p class="error" role="alert" id="problem">${TROUBLE[trouble]}</p>`}
<form method="post" action="/interaction/${escapeHtml(uid)}/login" autocomplete="on">
<label for="login">Login</label>
<input id="login" name="login" autocomplete="username" required maxlength="100" autofocus${trouble === undefined ? '' : ' aria-describedby="problem"'}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200">
<button class="main" type="submit">Sign in</button>
</form>
<form method="post" action="/interaction/${escapeHtml(uid)}/abort"><button type="submit">Cancel</button></form>`,
  );

/** What an app may ask for, in the driver's words. */
const ASKS = {
  bills: 'asks to see your charging sessions and bills. It cannot charge or pay.',
  device:
    'asks to make this device sign for your charging. From then on it can agree to prices that a station shows you.',
  statement: 'asks to see your share of the sessions at your stations. It cannot change anything.',
} as const;

/** Asks the driver whether the app that opened this page is theirs. Spec: RFC 8252 §8.6. */
export const consentPage = (
  utilityName: string,
  uid: string,
  appName: string,
  asks: keyof typeof ASKS,
): string =>
  page(
    'Let this app in?',
    utilityName,
    `<p><strong>${escapeHtml(appName)}</strong> ${ASKS[asks]}</p>
<form method="post" action="/interaction/${escapeHtml(uid)}/consent"><button class="main" type="submit">Allow</button></form>
<form method="post" action="/interaction/${escapeHtml(uid)}/abort"><button type="submit">Cancel</button></form>`,
  );

/** `form` comes from the provider and is trusted HTML. */
export const deviceCodePage =
  (utilityName: string) =>
  (
    ctx: KoaContextWithOIDC,
    form: string,
    _out?: ErrorOut,
    error?: Error & { readonly userCode?: string },
  ): void => {
    const wrong = error !== undefined;
    ctx.type = 'html';
    ctx.body = page(
      'Connect a device',
      utilityName,
      `<p${wrong ? ' class="error" role="alert"' : ''}>${
        wrong
          ? 'That code is not known or was used. Check it and try again.'
          : 'Enter the code that the device shows.'
      }</p>
${form}
<button class="main" type="submit" form="op.deviceInputForm">Continue</button>`,
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
    ctx.type = 'html';
    ctx.body = page(
      'Is this your device?',
      utilityName,
      `<p><strong>${escapeHtml(client.clientName ?? client.clientId)}</strong> asks to sign in with your account. It must show this code:</p>
<p class="code">${escapeHtml(userCode)}</p>
<p>If it does not, or you did not ask for it, choose Cancel.</p>
${form}
<button class="main" type="submit" form="op.deviceConfirmForm">Continue</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Cancel</button>`,
    );
  };

export const deviceDonePage =
  (utilityName: string) =>
  (ctx: KoaContextWithOIDC): void => {
    ctx.type = 'html';
    ctx.body = page(
      'Signed in',
      utilityName,
      '<p role="status">The device is signed in. You can close this page.</p>',
    );
  };

/** Shows the standard error and nothing of the inside. */
export const errorPage = (ctx: KoaContextWithOIDC, out: ErrorOut): void => {
  ctx.type = 'html';
  ctx.body = page(
    'That did not work',
    'Sign in',
    `<p role="alert">${escapeHtml(out.error_description ?? out.error)}</p><p>Go back to the app and start again.</p>`,
  );
};
