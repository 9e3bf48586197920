import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../until.ts';
import type { Asked, StationPeer } from './peer.ts';

const INDEXES = { 'ocpp1.6': 'index_16.ts', 'ocpp2.0.1': 'index_201.ts', 'ocpp2.1': 'index_21.ts' } as const;

type Message = readonly [kind: 2 | 3 | 4, id: string, ...rest: readonly unknown[]];

/** What the program writes of a message, after the words that say where it went. */
const messageOf = (line: string): { readonly isOwn: boolean; readonly message: Message } | undefined => {
  const found = /(Sending message|Responding with|Receive message) \S+\s+(\[.*\])\s*$/u.exec(line);
  if (found === null) return undefined;
  const [, where = '', text = ''] = found;
  return { isOwn: where !== 'Receive message', message: JSON.parse(text) as Message };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** The open virtual charge point in a folder: it decides by itself what it answers, and is told by its admin port what to say. */
export const virtualChargePoint = (folder: string, protocol: StationPeer['protocol']): StationPeer => ({
  name: 'ocpp-virtual-charge-point',
  protocol,
  isWhole: true,
  ...(protocol === 'ocpp2.0.1' ? { cannot: ['cancel-reservation', 'cost'] as const } : {}),
  async connect({ url, stationId, password }) {
    const adminPort = await freePort();
    const child = spawn(
      process.execPath,
      [join(folder, 'node_modules/tsx/dist/cli.mjs'), INDEXES[protocol]],
      {
        cwd: folder,
        env: {
          ...process.env,
          ...{ WS_URL: url, CP_ID: stationId, PASSWORD: password, ADMIN_PORT: String(adminPort) },
          ...{ TOKEN: '04A2B3C4', DISABLE_METER_VALUES: 'true' },
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(child, 'exit');
    const asked: Asked[] = [];
    const sent: Message[] = [];
    const answered = new Map<string, Message>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = messageOf(line);
      if (told === undefined) return;
      const { isOwn, message } = told;
      const [kind, id, action, payload] = message;
      if (isOwn && kind === 2) sent.push(message);
      else if (!isOwn && kind === 2) asked.push({ action: String(action), payload });
      else if (!isOwn) answered.set(id, message);
    });
    await until('the virtual charge point has told its status', () => answered.size >= 2);
    return {
      asked,
      async say(action, payload) {
        const before = sent.length;
        const response = await fetch(`http://127.0.0.1:${adminPort}/execute`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ action, payload }),
        });
        if (!response.ok) throw new Error(await response.text());
        const own = () => sent.slice(before).find(([, , name]) => name === action);
        await until(`${action} is sent`, () => own() !== undefined);
        const [, id = ''] = own() ?? [];
        await until(`${action} is answered`, () => answered.has(id));
        const [kind, , ...rest] = answered.get(id) ?? [4, '', 'NoAnswer', ''];
        if (kind === 4) throw new Error(`${String(rest[0])}: ${String(rest[1])}`);
        return rest[0];
      },
      async close() {
        child.kill();
        await ended;
      },
    };
  },
});
