import { urlencoded, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Tokens } from './tokens.ts';

const form = z.object({
  grant_type: z.string(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
});

/** Id and secret by HTTP Basic, each of them encoded as in a form. Spec: RFC 6749 §2.3.1. */
const basicOf = (header: string | undefined): { id: string; secret: string } | undefined => {
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  try {
    return id === undefined || secret === undefined
      ? undefined
      : { id: decodeURIComponent(id), secret: decodeURIComponent(secret) };
  } catch {
    return undefined;
  }
};

const refused = (status: number, error: string) => ({ status, body: { error } });

const answerTo = (request: Request, tokens: Tokens): { readonly status: number; readonly body: object } => {
  const asked = form.safeParse(request.body ?? {});
  if (!asked.success) return refused(400, 'invalid_request');
  if (asked.data.grant_type !== 'client_credentials') return refused(400, 'unsupported_grant_type');
  const basic = basicOf(request.get('authorization'));
  const id = basic?.id ?? asked.data.client_id;
  const secret = basic?.secret ?? asked.data.client_secret;
  if (id === undefined || secret === undefined) return refused(400, 'invalid_request');
  const body = tokens.give(id, secret);
  return body === undefined ? refused(401, 'invalid_client') : { status: 200, body };
};

/** The token endpoint, which takes a form and no JSON. Spec: OpenADR 3.1.0 /auth/token; RFC 6749 §4.4, §5. */
export const mountTokenRoute = (app: Express, path: string, tokens: Tokens): void => {
  app.post(path, urlencoded({ extended: false, limit: '16kb' }), (request: Request, response: Response) => {
    response.setHeader('cache-control', 'no-store');
    const told = answerTo(request, tokens);
    if (told.status === 401) response.setHeader('www-authenticate', 'Basic realm="openadr"');
    response.status(told.status).json(told.body);
  });
};
