#!/usr/bin/env bash
# openid-client polls a CIBA request by itself, but a single 503 from the token endpoint between two answers that say
# pending ends the whole poll, although the token is there at the next.
# Guard: a retry of our own around the poll, with a limit on its whole time.
set -euo pipefail
npm_packages=(openid-client@6.9.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as client from 'openid-client';

const pending = { error: 'authorization_pending' };
const answers = [[400, pending], [503, {}], [200, { access_token: 'a', token_type: 'bearer' }]];
let polls = 0;
const server = createServer((request, response) => {
  const [status, body] = request.url === '/start' ? [200, { auth_req_id: 'r', expires_in: 60, interval: 1 }] : answers[polls++];
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}).listen(0);
await once(server, 'listening');
const issuer = `http://localhost:${server.address().port}`;
const ends = { backchannel_authentication_endpoint: `${issuer}/start`, token_endpoint: `${issuer}/token` };
const config = new client.Configuration({ issuer, ...ends }, 'router', 'secret');
client.allowInsecureRequests(config);
const request = await client.initiateBackchannelAuthentication(config, { scope: 'openid', login_hint: 'driver' });
const ended = await client.pollBackchannelAuthenticationGrant(config, request).catch((error) => error);
const done = polls;
const next = await (await fetch(`${issuer}/token`, { method: 'POST' })).json();
console.log(`seen     after ${done} polls: ${ended.message}\n         the next one gets ${JSON.stringify(next)}`);
process.exit(ended instanceof Error && done === 2 && next.access_token === 'a' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a poll of minutes rides out one 503 and ends with the token
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
