import { parseArgs } from 'node:util';
import { importWallet, usersOf, WalletError } from './wallet.ts';

const USAGE = `Usage: import-wallet.ts --wallet DIR --out DIR --msp MSPID

Takes the identities of a fabric-network file-system wallet over into PEM files below --out, and prints the "users" of
the gateway's ledger configuration.`;

const { values } = parseArgs({
  options: {
    wallet: { type: 'string' },
    out: { type: 'string' },
    msp: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const { wallet, out, msp, help } = values;
if (help || wallet === undefined || out === undefined || msp === undefined) {
  console.log(USAGE);
  process.exitCode = help ? 0 : 2;
} else {
  try {
    console.log(JSON.stringify(usersOf(await importWallet(wallet, out), msp), undefined, 2));
  } catch (thrown) {
    if (!(thrown instanceof WalletError)) throw thrown;
    console.error(thrown.message);
    process.exitCode = 1;
  }
}
