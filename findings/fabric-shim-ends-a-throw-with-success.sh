#!/usr/bin/env bash
# Once fabric-shim is loaded, an error that nobody catches is logged and the process ends with exit code 0: a script
# or test runner that loads it reports success.
# Guard: no tool, test fixture or script loads fabric-shim unless it sets process.exitCode = 1 first and 0 only at its
# end.
set -euo pipefail
npm_packages=(fabric-shim@2.5.8)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > throws.cjs <<'EOF'
if (process.argv[2]) require(process.argv[2]);
throw new Error('no tariff');
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    a script that throws ends with exit code 1, whatever it has loaded
EOF
codes=()
for load in '' fabric-shim; do
  code=0
  node throws.cjs $load >output.txt 2>&1 || code=$?
  grep -q 'no tariff' output.txt
  codes+=("$code")
done
echo "seen     exit code ${codes[0]} alone, ${codes[1]} with fabric-shim loaded"
[ "${codes[*]}" = '1 0' ] || { echo 'no longer seen'; exit 1; }
