import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a machine was asked: method and path, and the body. */
export interface Asked {
  readonly what: string;
  readonly role: string;
  readonly body: unknown;
}

/**
 * The utility's own gateway and AAA node as far as the door asks them: raw HTTP that says what a test has it say, by the
 * beginning of method and path. An answer with a `code` is a problem.
 */
export const startMachines = async () => {
  const asked: Asked[] = [];
  const answers = new Map<string, (path: string, body: unknown) => object | undefined>();
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const what = `${request.method ?? ''} ${request.url ?? ''}`;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const claims = request.headers.authorization?.split('.')[1] ?? '';
      const { role } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { role: string };
      asked.push({ what, role, body });
      const found = [...answers].find(([begin]) => what.startsWith(begin))?.[1];
      const answer = found?.(what, body);
      const code = answer !== undefined && 'code' in answer ? String(answer.code) : undefined;
      if (found === undefined || code !== undefined) {
        const problem = { type: 'about:blank', title: 'x', status: 409, code: code ?? 'X', detail: what };
        response.writeHead(409, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
      } else if (answer === undefined) response.writeHead(204).end();
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    on: (begin: string, answer: (path: string, body: unknown) => object | undefined) => {
      answers.set(begin, answer);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
};

export type MachinesUnderTest = Awaited<ReturnType<typeof startMachines>>;
