#!/usr/bin/env bash
# fast-xml-parser makes numbers of texts that look like some: of the hexadecimal ids of IEEE 2030.5 one of digits
# around an E is read as a power of ten, and two ids of 32 digits become the same number.
# Guard: parseTagValue: false, and types only where the schema has them.
set -euo pipefail
npm_packages=(fast-xml-parser@5.12.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { XMLParser } from 'fast-xml-parser';

const ids = ['12345678901234567890123456789012', '12345678901234567890123456789013', '0E10', '1E5'];
const xml = `<list>${ids.map((id) => `<mRID>${id}</mRID>`).join('')}</list>`;
const read = (options) => new XMLParser(options).parse(xml).list.mRID;
const [byDefault, asText] = [read({}), read({ parseTagValue: false })];
console.log(`seen     ${byDefault.join(', ')}\n         with parseTagValue: false ${asText.join(', ')}`);
process.exit(byDefault[0] === byDefault[1] && byDefault[2] === 0 && byDefault[3] === 100_000 && asText.join() === ids.join() ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    the text of an element stays text unless a schema says otherwise
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
