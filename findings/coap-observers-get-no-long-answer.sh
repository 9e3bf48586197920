#!/usr/bin/env bash
# The coap package sends a long answer in blocks by itself, so that 3000 bytes arrive. The same bytes as a
# notification to an observer raise an error in the server and the observation gets nothing more; as a request they
# raise in the client.
# Guard: notifications carry a version and stay small, and the observer fetches the rest; a long request is cut into
# blocks by hand.
set -euo pipefail
npm_packages=(coap@1.5.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import coap from 'coap';

const long = Buffer.alloc(3000, 'x');
const notices = [];
const server = coap.createServer((request, response) => {
  if (request.headers['Observe'] !== 0) return response.end(long);
  response.on('error', (error) => notices.push(error.message));
  response.write('short');
  setTimeout(() => response.write(long), 100);
});
const port = await new Promise((resolve) => server.listen(0, () => resolve(server._port ?? server._sock.address().port)));
const ask = (options, body) =>
  new Promise((resolve, reject) => {
    const request = coap.request({ hostname: '127.0.0.1', port, pathname: '/', ...options });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
const answer = (await ask({})).payload.length;
const observation = await ask({ observe: true });
observation.on('data', (data) => notices.push(`${data.length} bytes`));
await new Promise((resolve) => setTimeout(resolve, 600));
const upload = await ask({ method: 'PUT' }, long).catch((error) => error.message);
console.log(`seen     answer: ${answer} bytes\n         observer: ${notices.join(', then ')}\n         request: ${upload}`);
const refused = /^Max packet size is \d+/;
process.exit(answer === 3000 && notices.length === 2 && refused.test(notices[1]) && refused.test(upload) ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    what a resource can answer in blocks it can also notify and receive in blocks
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
