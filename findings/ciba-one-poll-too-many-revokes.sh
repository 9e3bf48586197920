#!/usr/bin/env bash
# In CIBA's poll mode the answer with the token can be lost on its way, and a client polls again. oidc-provider
# answers invalid_grant, and it also revokes the grant: the access token of the first answer, valid until then, is
# dead. A client with two pollers ends its own session.
# Guard: one poller for each request; after a lost answer start a new request, and expect the tokens of the old one to
# be gone.
set -euo pipefail
npm_packages=(oidc-provider@9.13.3)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

console.warn = console.info = () => {};
let provider;
const server = createServer((request, response) => provider.callback()(request, response)).listen(0);
await once(server, 'listening');
const issuer = `http://localhost:${server.address().port}`;
const grantType = 'urn:openid:params:grant-type:ciba';
const secret = 'not a secret, only long enough here';
const nothing = async () => {};
provider = new Provider(issuer, {
  clients: [{
    client_id: 'router', client_secret: secret, grant_types: [grantType], redirect_uris: [], response_types: [],
    backchannel_token_delivery_mode: 'poll', token_endpoint_auth_method: 'client_secret_post',
  }],
  features: {
    introspection: { enabled: true }, devInteractions: { enabled: false },
    ciba: {
      enabled: true, deliveryModes: ['poll'], processLoginHint: async (_ctx, hint) => hint, triggerAuthenticationDevice: nothing,
      validateBindingMessage: nothing, validateRequestContext: nothing, verifyUserCode: nothing,
    },
  },
  findAccount: async (_ctx, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
});
const post = async (path, fields) => {
  const body = new URLSearchParams({ client_id: 'router', client_secret: secret, ...fields });
  return (await fetch(issuer + path, { method: 'POST', body })).json();
};
const { auth_req_id } = await post('/backchannel', { scope: 'openid', login_hint: 'driver' });
const poll = () => post('/token', { grant_type: grantType, auth_req_id });
const before = (await poll()).error;
const grant = new provider.Grant({ clientId: 'router', accountId: 'driver' });
grant.addOIDCScope('openid');
await provider.backchannelResult(auth_req_id, await grant.save());
const { access_token: token } = await poll();
const alive = async () => (await post('/token/introspection', { token })).active;
const first = await alive();
const again = (await poll()).error;
const second = await alive();
console.log(`seen     polls: ${before}, a token, ${again}\n         that token active before the last poll: ${first}, after it: ${second}`);
process.exit(before === 'authorization_pending' && first === true && again === 'invalid_grant' && second === false ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a poll after the token was given is refused and changes nothing
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
