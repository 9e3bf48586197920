import express, { Router, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { errors, type Provider } from 'oidc-provider';
import { passwordMatches } from '../hcp/password.ts';
import type { Db } from '../store/database.ts';
import { page, STYLE, STYLE_PATH } from './html.ts';
import { loginPage } from './pages.ts';

/** Guesses at passwords from one address in {@link WINDOW_MS}. */
const LOGIN_ATTEMPTS = 30;
const WINDOW_MS = 15 * 60_000;

const subOf = async (db: Db, login: string, password: string): Promise<string | undefined> => {
  const person = await db
    .selectFrom('person')
    .innerJoin('customer', 'customer.customer_id', 'person.customer_id')
    .select(['customer.sub', 'person.password_hash as hash'])
    .where('person.login', '=', login.toLowerCase())
    .where('customer.state', '=', 'active')
    .executeTakeFirst();
  return (await passwordMatches(password, person?.hash)) ? person?.sub : undefined;
};

const field = (body: unknown, name: string): string => {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === 'string' ? value.slice(0, 200) : '';
};

/** Routes of the sign-in pages. The interaction's cookie binds them to the browser that started. */
export const interactionRoutes = (provider: () => Provider, db: Db, utilityName: string): Router => {
  const router = Router();
  const form = express.urlencoded({ extended: false, limit: '4kb' });
  const limit = rateLimit({
    windowMs: WINDOW_MS,
    limit: LOGIN_ATTEMPTS,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
  });

  /** Runs with the interaction of this browser, or shows that it is over. */
  const withLogin = async (
    request: Request,
    response: Response,
    f: (uid: string) => Promise<void>,
  ): Promise<void> => {
    response.set('cache-control', 'no-store');
    try {
      const { uid, prompt } = await provider().interactionDetails(request, response);
      if (uid !== request.params['uid'] || prompt.name !== 'login')
        throw new errors.SessionNotFound('not this one');
      await f(uid);
    } catch (thrown) {
      if (!(thrown instanceof errors.SessionNotFound)) throw thrown;
      const body = '<p role="alert">This sign-in is over. Go back to the app and start again.</p>';
      response
        .status(410)
        .type('html')
        .send(page('Too late', utilityName, body));
    }
  };

  router.get(STYLE_PATH, (_request, response) => {
    response.type('css').set('cache-control', 'public, max-age=3600').send(STYLE);
  });
  router.get('/interaction/:uid', (request, response) =>
    withLogin(request, response, (uid) => {
      response.type('html').send(loginPage(utilityName, uid, false));
      return Promise.resolve();
    }),
  );
  router.post('/interaction/:uid/login', limit, form, (request, response) =>
    withLogin(request, response, async (uid) => {
      const sub = await subOf(db, field(request.body, 'login'), field(request.body, 'password'));
      if (sub === undefined) {
        response
          .status(401)
          .type('html')
          .send(loginPage(utilityName, uid, true));
        return;
      }
      const login = { accountId: sub, amr: ['pwd'], remember: false };
      await provider().interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    }),
  );
  router.post('/interaction/:uid/abort', (request, response) =>
    withLogin(request, response, () =>
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
