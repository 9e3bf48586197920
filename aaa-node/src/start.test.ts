import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAssertionSigner, programArguments, removeDatabase } from '@roamgrid/service-kit';
import { postmasterPid } from '@roamgrid/service-kit/testing';
import { startWorld, type World } from './testing/world.ts';

describe('an AAA node', () => {
  let world: World;
  let stateDir: string;
  before(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-aaa-'));
    // Its database is killed below.
    world = await startWorld({ database: { stateDir, name: 'usalp' } });
  });
  after(async () => {
    await world.close();
    await removeDatabase(stateDir);
    await rm(stateDir, { recursive: true, force: true });
  });
  const read = async (pathname: string) => {
    const response = await fetch(world.node.url + pathname);
    return { status: response.status, text: await response.text() };
  };

  it('describes what it serves, says that it is ready, and counts its requests', async () => {
    const { paths } = JSON.parse((await read('/openapi.json')).text) as { paths: Record<string, unknown> };
    for (const route of [
      '/roaming/v1/authorisations/{authReqId}/consent',
      '/internal/v1/visitor-authorisations',
      '/operator/v1/customers',
      '/operator/v1/periods/{periodId}/bills',
    ]) {
      assert.ok(route in paths, route);
    }
    assert.equal((await read('/healthz')).status, 200);
    assert.equal((await read('/readyz')).status, 200);
    await world.ask('router', 'GET', '/internal/v1/visitor-homes');
    assert.match((await read('/metrics')).text, /route="\/internal\/v1\/visitor-homes"/);
  });

  it('offers as a provider exactly the ways in that it documents', async () => {
    const metadata = JSON.parse((await read('/oidc/.well-known/openid-configuration')).text) as Record<
      string,
      unknown
    >;
    assert.equal(metadata['issuer'], world.node.issuer);
    assert.deepEqual([...(metadata['grant_types_supported'] as string[])].sort(), [
      'authorization_code',
      'client_credentials',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:openid:params:grant-type:ciba',
    ]);
    assert.deepEqual(metadata['token_endpoint_auth_methods_supported'], ['private_key_jwt', 'none']);
    assert.deepEqual(metadata['dpop_signing_alg_values_supported'], ['ES256']);
    assert.deepEqual(metadata['backchannel_token_delivery_modes_supported'], ['poll']);
    assert.deepEqual(metadata['authorization_details_types_supported'], ['ev_charging']);
  });

  it('takes no assertion of a stranger, of another utility, or for another service', async () => {
    const bare = await fetch(`${world.node.url}/operator/v1/held-cdrs`);
    assert.equal(bare.status, 401);
    assert.equal((await world.ask('router', 'GET', '/operator/v1/held-cdrs')).status, 403);
    assert.equal((await world.ask('operator', 'GET', '/operator/v1/held-cdrs')).status, 200);
  });

  it('takes each assertion once, also when it was restarted meanwhile', async () => {
    const { keys, config } = world;
    const sign = createAssertionSigner({
      key: keys.operator,
      iss: 'alice',
      utility: config.utilityId,
      role: 'operator',
    });
    const authorization = `Bearer ${await sign(world.node.url)}`;
    const use = async () =>
      (await fetch(`${world.node.url}/operator/v1/held-cdrs`, { headers: { authorization } })).status;
    assert.equal(await use(), 200);
    assert.equal(await use(), 401);
    await world.restart();
    assert.equal(await use(), 401);
    // Two at once are one too many.
    const fresh = { authorization: `Bearer ${await sign(world.node.url)}` };
    const both = await Promise.all(
      [1, 2].map(() => fetch(`${world.node.url}/operator/v1/held-cdrs`, { headers: fresh })),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401]);
  });

  it('as a program names what is wrong with its configuration and ends with status 2', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'roamgrid-config-'));
    const file = path.join(folder, 'aaa.json');
    await writeFile(file, JSON.stringify({ ...world.config, utilityId: 'nobody' }));
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const run = (...more: string[]) =>
      spawnSync(process.execPath, [...programArguments(main), ...more], { encoding: 'utf8' });
    const wrong = run('--config', file);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /utilityId: a utility id/);
    assert.equal(run().status, 2);
    await rm(folder, { recursive: true, force: true });
  }).timeout(90_000);

  it('without its database says so in one way at its own routes and at the provider’s, and may be asked again', async () => {
    process.kill(await postmasterPid(world.config.database.stateDir), 'SIGKILL');
    const ask = () =>
      fetch(`${world.node.url}/oidc/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: 'x',
          client_id: 'driver-app',
        }),
      });
    let answer = await ask();
    // Connections notice the death of their server a moment later.
    while (answer.status === 400) answer = await ask();
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('retry-after'), '2');
    assert.equal(((await answer.json()) as { error: string }).error, 'temporarily_unavailable');
    const own = await world.ask('operator', 'GET', '/operator/v1/held-cdrs');
    assert.deepEqual([own.status, own.body.code], [503, 'UNAVAILABLE']);
    const { status, text } = await read('/readyz');
    assert.equal(status, 503);
    assert.match(text, /"name":"database","ok":false/);
  });
});
