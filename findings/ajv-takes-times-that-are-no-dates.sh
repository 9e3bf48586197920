#!/usr/bin/env bash
# The date-time format of ajv-formats takes a leap second and an offset of two digits. Both are good RFC 3339 or ISO
# 8601 to it, and NaN to Date: a record passes the schema and sorts, compares and bills as not a number.
# Guard: after the schema, parse, and refuse what is NaN.
set -euo pipefail
npm_packages=(ajv@8.20.0 ajv-formats@3.0.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const ajv = new Ajv.default();
addFormats.default(ajv);
const isTime = ajv.compile({ type: 'string', format: 'date-time' });
const texts = ['2026-06-30T23:59:59Z', '2026-06-30T23:59:60Z', '2026-06-30T23:59:59+02'];
const seen = texts.map((text) => [isTime(text), Number.isNaN(Date.parse(text)) ? 'NaN' : 'an instant']);
console.log(`seen     ${texts.map((text, at) => `${text}: valid ${seen[at][0]}, Date ${seen[at][1]}`).join('\n         ')}`);
process.exit(String(seen) === 'true,an instant,true,NaN,true,NaN' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a text that passes format date-time is an instant for Date
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
