#!/usr/bin/env bash
# A key set that jose has just fetched is not fetched again for half a minute, not even for a key id that is not in
# it: tokens signed with a key that the issuer has added in the meantime are refused, though the issuer serves the
# key.
# Guard: issuers publish a key well before they sign with it; a refusal for an unknown key is tried again later, not
# final.
set -euo pipefail
npm_packages=(jose@6.2.18)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { SignJWT, createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';

const keys = [];
let fetches = 0;
const server = createServer((_request, response) => {
  fetches += 1;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
}).listen(0);
await once(server, 'listening');
const tokenWithNewKey = async (kid) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  keys.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256' });
  return new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
};
const url = new URL(`http://localhost:${server.address().port}/`);
const outcome = (token, set) => jwtVerify(token, set).then(() => 'accepted', (error) => error.code);
const set = createRemoteJWKSet(url);
const first = await outcome(await tokenWithNewKey('a'), set);
const token = await tokenWithNewKey('b');
const second = await outcome(token, set);
const seenFetches = fetches;
const fresh = await outcome(token, createRemoteJWKSet(url));
console.log(`seen     key a ${first}, key b ${second} after ${seenFetches} fetch, by a new verifier ${fresh}`);
process.exit(first === 'accepted' && second === 'ERR_JWKS_NO_MATCHING_KEY' && seenFetches === 1 && fresh === 'accepted' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    an unknown key id makes the verifier fetch the set again, and the token is accepted
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
