/** A station on a client library of the npm registry, which is named on the command line: see `child-peer.ts`. */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

interface Client {
  connect(url: string, headers: Readonly<Record<string, string>>): void;
  callRequest(action: string, payload: object): Promise<unknown>;
  on(event: string, hear: (payload: unknown, answer: (answered: object) => void) => void): unknown;
}
interface Opening {
  readonly url: string;
  readonly stationId: string;
  readonly password: string;
  readonly answers: Readonly<Record<string, object>>;
}
interface Saying {
  readonly number: number;
  readonly action: string;
  readonly payload: object;
}

const [library = ''] = process.argv.slice(2);
const { OcppClient } = createRequire(import.meta.url)(library) as {
  readonly OcppClient: new (stationId: string) => Client;
};
const write = (what: object): void => {
  process.stdout.write(`${JSON.stringify(what)}\n`);
};

const open = ({ url, stationId, password, answers }: Opening): Client => {
  const client = new OcppClient(stationId);
  client.on('connect', () => {
    write({ ready: true });
  });
  client.on('error', (error) => {
    console.error(error);
  });
  for (const [action, answered] of Object.entries(answers))
    client.on(action, (payload, answer) => {
      write({ asked: action, payload });
      answer(answered);
    });
  const basic = Buffer.from(`${stationId}:${password}`).toString('base64');
  client.connect(`${url}/`, { authorization: `Basic ${basic}` });
  return client;
};

const say = async (client: Client, { number, action, payload }: Saying): Promise<void> => {
  try {
    write({ number, answer: await client.callRequest(action, payload) });
  } catch (refusal) {
    write({ number, refused: refusal instanceof Error ? refusal.message : String(refusal) });
  }
};

let client: Client | undefined;
for await (const text of createInterface({ input: process.stdin })) {
  if (client === undefined) client = open(JSON.parse(text) as Opening);
  else void say(client, JSON.parse(text) as Saying);
}
process.exit(0);
