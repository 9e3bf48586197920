#!/usr/bin/env bash
# iso20022.js reads a bank statement (camt.053) whose entry is marked as a reversal and reports it as none, because
# the XML parser below it has made a boolean of the word that it compares with text. A payment taken back reads as one
# received. The amounts in minor units are no integers either.
# Guard: read the elements that decide about money yourself, round amounts from their decimal text, and test with a
# reversed entry.
set -euo pipefail
npm_packages=(iso20022.js@0.0.15)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "${npm_packages[@]}"
cat > probe.mjs <<'EOF'
import { CashManagementEndOfDayReport } from 'iso20022.js';

const xml = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
  <GrpHdr><MsgId>M</MsgId><CreDtTm>2026-11-02T10:00:00Z</CreDtTm></GrpHdr>
  <Stmt><Id>S</Id><CreDtTm>2026-11-02T10:00:00Z</CreDtTm>
    <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Svcr><FinInstnId><BIC>DEUTDEFF</BIC></FinInstnId></Svcr></Acct>
    <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">4.35</Amt><CdtDbtInd>CRDT</CdtDbtInd>
      <Dt><Dt>2026-11-02</Dt></Dt></Bal>
    <Ntry><Amt Ccy="EUR">4.35</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>true</RvslInd><Sts>BOOK</Sts>
      <BookgDt><Dt>2026-11-02</Dt></BookgDt><BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd></Ntry>
  </Stmt></BkToCstmrStmt></Document>`;
const [{ entries: [entry] }] = CashManagementEndOfDayReport.fromXML(xml).statements;
console.log(`seen     reversal ${entry.reversal}, amount ${entry.amount}`);
process.exit(entry.reversal === false && entry.amount !== 435 && Math.round(entry.amount) === 435 ? 0 : 1);
EOF
echo "package  ${npm_packages[*]}"
cat <<'EOF'
guess    the entry has reversal true and the amount 435
EOF
node probe.mjs || { echo 'no longer seen'; exit 1; }
