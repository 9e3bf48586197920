#!/usr/bin/env bash
# A message with a field that the reader's schema does not have yet is read, changed and written by an older service.
# Two of three JavaScript packages drop that field, so what a newer peer put in is gone and its signature over the
# message fails.
# Guard: hand on the bytes that came, never a message written again; where one is changed, check first that writing it
# unchanged gives the same bytes.
set -euo pipefail
npm_packages=(google-protobuf@3.21.4 protobufjs@8.8.1 @bufbuild/protobuf@2.17.0)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { createRequire } from 'node:module';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import protobufjs from 'protobufjs';

const { Timestamp } = createRequire(import.meta.url)('google-protobuf/google/protobuf/timestamp_pb.js');
const Parsed = protobufjs.parse('syntax = "proto3"; message Timestamp { int64 seconds = 1; int32 nanos = 2; }').root.lookupType('Timestamp');
const sent = Buffer.from('08b2bba6c9064a045a6f6e65', 'hex'); // seconds, and a text in field 9 of a later version
const again = {
  'google-protobuf': Timestamp.deserializeBinary(sent).serializeBinary(),
  protobufjs: Parsed.encode(Parsed.decode(sent)).finish(),
  '@bufbuild/protobuf': toBinary(TimestampSchema, fromBinary(TimestampSchema, sent)),
};
const seen = Object.entries(again).map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]);
console.log(`seen     read: ${sent.toString('hex')}`);
for (const [name, hex] of seen) console.log(`         written by ${name}: ${hex}`);
process.exit(seen.map(([, hex]) => hex).join() === '08b2bba6c906,08b2bba6c906,08b2bba6c9064a045a6f6e65' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a field that the schema does not know survives reading and writing, as proto3 has it since 3.5
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
