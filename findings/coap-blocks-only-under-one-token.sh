#!/usr/bin/env bash
# The coap package's server puts the blocks of a request together by the client's address and the token. A client may give each
# block a token of its own, as RFC 7959 binds blocks by the options that make the cache key, and PyPI aiocoap does so: each block
# is acknowledged, the last one is answered with an error text, and the handler never sees the request.
# Guard: key the blocks by something of the request that is the same in each of them.
set -euo pipefail
npm_packages=(coap@1.5.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOP'
import coap from 'coap';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { createRequire } from 'node:module';

const { generate, parse } = createRequire(import.meta.url)('coap-packet');
const seen = [];
const server = coap.createServer((request, response) => {
  seen.push(request.payload.length);
  response.code = '2.04';
  response.end();
});
server.listen(0, '127.0.0.1');
await once(server._sock, 'listening');
const { port } = server._sock.address();
const put = async (tokens, id) => {
  const socket = createSocket('udp4');
  const codes = [];
  socket.on('message', (packet) => codes.push(parse(packet).code));
  for (const [num, token] of tokens.entries()) {
    const more = num < tokens.length - 1;
    // 64 bytes a block.
    const options = [{ name: 'Uri-Path', value: Buffer.from('x') }, { name: 'Block1', value: Buffer.from([(num << 4) | (more ? 8 : 0) | 2]) }];
    const payload = Buffer.alloc(64, 'x');
    socket.send(generate({ code: 'PUT', messageId: id + num, token: Buffer.from([token]), confirmable: true, options, payload }), port, '127.0.0.1');
    await new Promise((done) => setTimeout(done, 200));
  }
  socket.close();
  return codes.join(' ');
};
const one = await put([7, 7, 7], 100);
const own = await put([1, 2, 3], 200);
console.log(`seen     one token: ${one}; a token each: ${own || 'no answer'}; the handler saw ${JSON.stringify(seen)}`);
server.close();
process.exit(seen.length === 1 && seen[0] === 192 ? 0 : 1);
EOP
echo "package  ${npm_packages[*]}"
cat <<'EOT'
guess    a request in blocks reaches the handler, whatever token each block has
EOT
node probe.mjs || { echo 'no longer seen'; exit 1; }
