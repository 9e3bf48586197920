#!/usr/bin/env bash
# iso20022.js divides every amount by 100, whatever the currency: yen have no decimals, so a transfer of 1000 yen asks
# for 10; dinars have three, so 1000 fils ask for ten dinars instead of one.
# Guard: write amounts from integer minor units and the currency's own number of decimals, and test a currency with
# none and one with three.
set -euo pipefail
npm_packages=(iso20022.js@0.0.15)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { ISO20022 } from 'iso20022.js';

const initiatingParty = {
  name: 'Utility',
  id: 'UTILITY',
  account: { iban: 'DE89370400440532013000' },
  agent: { bic: 'DEUTDEFF', bankAddress: { country: 'DE' } },
};
const creditor = {
  name: 'Creditor',
  account: { iban: 'FR1420041010050500013M02606' },
  agent: { bic: 'BNPAFRPP' },
  address: { country: 'FR' },
};
const amounts = ['EUR', 'JPY', 'KWD'].map((currency) => {
  const order = { type: 'swift', direction: 'credit', amount: 1000, currency, creditor };
  const file = new ISO20022({ initiatingParty }).createSWIFTCreditPaymentInitiation([order]).serialize();
  return /<InstdAmt Ccy="(.*)">(.*)</.exec(file).slice(1, 3).join(' ');
});
console.log(`seen     ${amounts.join(', ')}`);
process.exit(amounts.join() === 'EUR 10,JPY 10,KWD 10' ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    an amount in a currency's smallest unit, 1000, is 10 euros, 1000 yen and 1 Kuwaiti dinar in the file
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
