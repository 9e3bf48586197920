import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSimulatedNode } from './node.ts';

const chainOf = async (url: string): Promise<unknown> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
  });
  return ((await response.json()) as { result: unknown }).result;
};
const answers = (url: string) =>
  chainOf(url).then(
    () => true,
    () => false,
  );
const options = { chainId: 7_001n, hardfork: 'shanghai' };

describe('a simulated chain', () => {
  it('has the id that it was given, and is gone when it was stopped', async () => {
    const node = await startSimulatedNode(options);
    assert.equal(await chainOf(node.url), '0x1b59');
    await node.stop();
    assert.equal(await answers(node.url), false);
  });

  it('ends with who started it, even one that was killed', async () => {
    const script = `import { startSimulatedNode } from ${JSON.stringify(join(import.meta.dirname, 'node.ts'))};
      console.log((await startSimulatedNode({ chainId: 7001n, hardfork: 'shanghai' })).url);`;
    const tsx = createRequire(import.meta.url).resolve('tsx');
    const starter = spawn(process.execPath, ['--import', tsx, '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = (await once(starter.stdout, 'data')) as [Buffer];
    const url = text.toString().trim();
    assert.equal(await answers(url), true);
    starter.kill('SIGKILL');
    while (await answers(url)) await delay(20);
  });

  it('says why it cannot start', async () => {
    await assert.rejects(startSimulatedNode({ ...options, hardfork: 'no such rules' }), /SIMULATOR_FAILED/);
  });
});
