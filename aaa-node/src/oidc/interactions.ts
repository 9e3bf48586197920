import express, { Router, type Request, type Response } from 'express';
import { errors, type Provider } from 'oidc-provider';
import { z } from 'zod';
import { passwordMatches } from '../hcp/password.ts';
import type { Db } from '../store/database.ts';
import { isStorable } from '../store/storable.ts';
import { STYLE, STYLE_PATH } from './html.ts';
import { consentPage, loginPage, overPage } from './pages.ts';
import { BOOKING_SCOPE, DEVICE_SCOPE, OFFLINE_SCOPE, STATEMENT_SCOPE } from './resources.ts';
import { SIGN_IN_WAIT_S, type SignInGuard } from './sign-in-guard.ts';
import { signInWords } from './words/choose.ts';
import type { SignInWords } from './words/english.ts';

const subOf = async (db: Db, login: string, password: string): Promise<string | undefined> => {
  const person = await db
    .selectFrom('person')
    .innerJoin('customer', 'customer.customer_id', 'person.customer_id')
    .select(['customer.sub', 'person.password_hash as hash'])
    .where('person.login', '=', login.toLowerCase())
    .where('customer.state', '=', 'active')
    .executeTakeFirst();
  const known =
    person ??
    (await db
      .selectFrom('infrastructure_provider')
      .select(['sub', 'password_hash as hash'])
      .where('login', '=', login.toLowerCase())
      .where('state', '=', 'active')
      .executeTakeFirst());
  return (await passwordMatches(password, known?.hash)) ? known?.sub : undefined;
};

const field = (body: unknown, name: string): string => {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  const text = typeof value === 'string' ? value.slice(0, 200) : '';
  return isStorable(text) ? text : '';
};

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** What the consent prompt found to be missing from the grant. Spec: the provider's consent prompt. */
const missingScopes = z.object({
  missingOIDCScope: z.array(z.string()).default([]),
  missingResourceScopes: z.record(z.string(), z.array(z.string())).default({}),
});

type AskedFor = keyof SignInWords['asks'];
const SCOPES = [
  [STATEMENT_SCOPE, 'statement'],
  [DEVICE_SCOPE, 'device'],
  [BOOKING_SCOPE, 'booking'],
  [OFFLINE_SCOPE, 'offline'],
] as const satisfies readonly (readonly [string, AskedFor])[];

/** For what an app asks, as its page says it: all of it. */
const askedFor = (details: unknown): readonly AskedFor[] => {
  const scopes = Object.values(missingScopes.parse(details).missingResourceScopes).flat();
  const asked = SCOPES.filter(([scope]) => scopes.includes(scope)).map(([, asks]) => asks);
  return asked.length > 0 ? asked : ['bills'];
};

/** Adds what was asked for to the app's grant, and gives the grant's id. */
const grantMissing = async (provider: Provider, interaction: Interaction): Promise<string> => {
  const { session, params, prompt, grantId } = interaction;
  if (session?.accountId === undefined) throw new errors.SessionNotFound('nobody is signed in');
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant =
    known ?? new provider.Grant({ accountId: session.accountId, clientId: String(params['client_id']) });
  const missing = missingScopes.parse(prompt.details);
  if (missing.missingOIDCScope.length > 0) grant.addOIDCScope(missing.missingOIDCScope.join(' '));
  for (const [resource, scopes] of Object.entries(missing.missingResourceScopes)) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  return grant.save();
};

const wordsFor = (request: Request, params: Interaction['params'] = {}) =>
  signInWords(params['ui_locales'], (languages) => request.acceptsLanguages(languages));

export interface InteractionOptions {
  readonly provider: () => Provider;
  readonly db: Db;
  readonly guard: SignInGuard;
  readonly utilityName: string;
}

/** Routes of the sign-in pages. The interaction's cookie binds them to the browser that started. */
export const interactionRoutes = ({ provider, db, guard, utilityName }: InteractionOptions): Router => {
  const router = Router();
  const form = express.urlencoded({ extended: false, limit: '4kb' });

  /** Runs with the interaction of this browser, or shows that it is over. */
  const withInteraction = async (
    request: Request,
    response: Response,
    prompt: 'login' | 'consent' | 'any',
    f: (interaction: Interaction) => Promise<void>,
  ): Promise<void> => {
    response.set('cache-control', 'no-store');
    try {
      const interaction = await provider().interactionDetails(request, response);
      const expected = prompt === 'any' || interaction.prompt.name === prompt;
      if (interaction.uid !== request.params['uid'] || !expected)
        throw new errors.SessionNotFound('not this one');
      await f(interaction);
    } catch (thrown) {
      if (!(thrown instanceof errors.SessionNotFound)) throw thrown;
      const words = wordsFor(request);
      response.status(410).type('html').send(overPage(words, utilityName));
    }
  };

  router.get(STYLE_PATH, (_request, response) => {
    response.type('css').set('cache-control', 'public, max-age=3600').send(STYLE);
  });
  router.get('/interaction/:uid', (request, response) =>
    withInteraction(request, response, 'any', async ({ uid, prompt, params }) => {
      const client = await provider().Client.find(String(params['client_id']));
      const words = wordsFor(request, params);
      const html =
        prompt.name === 'consent'
          ? consentPage(words, utilityName, uid, client?.clientName, askedFor(prompt.details))
          : loginPage(words, utilityName, uid);
      response.type('html').send(html);
    }),
  );
  router.post('/interaction/:uid/login', form, (request, response) =>
    withInteraction(request, response, 'login', async ({ uid, params }) => {
      const [name, password] = [field(request.body, 'login'), field(request.body, 'password')];
      const signIn = await guard.attempt(name, request.ip ?? '', () => subOf(db, name, password));
      if (signIn.outcome !== 'ok') {
        const isWait = signIn.outcome === 'wait';
        if (isWait) response.set('retry-after', SIGN_IN_WAIT_S.toString());
        response
          .status(isWait ? 429 : 401)
          .type('html')
          .send(loginPage(wordsFor(request, params), utilityName, uid, signIn.outcome));
        return;
      }
      const login = { accountId: signIn.value, amr: ['pwd'], remember: false };
      await provider().interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    }),
  );
  router.post('/interaction/:uid/consent', (request, response) =>
    withInteraction(request, response, 'consent', async (interaction) => {
      const consent = { grantId: await grantMissing(provider(), interaction) };
      await provider().interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
    }),
  );
  router.post('/interaction/:uid/abort', (request, response) =>
    withInteraction(request, response, 'any', () =>
      provider().interactionFinished(
        request,
        response,
        { error: 'access_denied', error_description: 'the driver cancelled' },
        { mergeWithLastSubmission: false },
      ),
    ),
  );
  return router;
};
