import type { Removal } from './removal.ts';

const CHECKS = 'chaincode/src/grid/houses.ts';
const REGISTER = 'chaincode/src/grid/transactions/register-house.ts';
const RECORD = 'chaincode/src/grid/transactions/record-house.ts';
const GRANT = 'chaincode/src/grid/transactions/grant-credit.ts';
const MOVE = 'chaincode/src/grid/transactions/move-credit.ts';
const CREDITS = 'chaincode/src/grid/credits.ts';

/** How the guards of houses and of energy credits are taken out. */
export const houseRemovals: readonly Removal[] = [
  {
    guard: 'house-foreign',
    file: REGISTER,
    find: "requireMember(tx.caller, dealing.hun, ['operator', 'aaa']);",
    replace: 'void requireMember;',
  },
  {
    guard: 'house-teller',
    file: CHECKS,
    find: "refuse('FORBIDDEN', `${tx.caller.mspId} neither serves the house nor has it as a customer`);\n  requireMember(tx.caller, own, ['station', 'aaa']);",
    replace: 'vun;\n  void requireMember;',
  },
  {
    guard: 'house-panel',
    file: CHECKS,
    find: "if (!opened.ok) return refuse('BAD_SIGNATURE', `seal:",
    replace:
      "if (!opened.ok) return panelKeys.some((key) => key.untilMs !== undefined) ? refuse('BAD_SIGNATURE', '') : void (`seal:",
  },
  {
    guard: 'house-sealed',
    file: CHECKS,
    find: 'sealed.houseRef === houseRef && sealed.number === number && sealed.headerHash === headerHash,',
    replace: 'true,',
  },
  {
    guard: 'house-revoked',
    file: CHECKS,
    find: 'keysAt(panelKeys, untilMs)',
    replace: 'panelKeys',
  },
  {
    guard: 'house-key',
    file: REGISTER,
    find: 'owner === undefined || owner.houseRef === houseRef,',
    replace: 'true,',
  },
  {
    guard: 'house-number',
    file: RECORD,
    find: 'number === (before?.number ?? 0) + 1,',
    replace: 'true,',
  },
  {
    guard: 'house-past',
    file: RECORD,
    find: 'previousHash === before?.headerHash,',
    replace: 'true,',
  },
  {
    guard: 'house-span',
    file: RECORD,
    find: '(before === undefined ? house.fromMs <= fromMs : before.untilMs === fromMs),',
    replace: 'true,',
  },
  {
    guard: 'house-order',
    file: CHECKS,
    find: 'last <= entry.atMs && entry.atMs < untilMs,',
    replace: 'true,',
  },
  {
    guard: 'house-pair',
    file: CHECKS,
    find: 'record.vun === pair.vun && record.hun === pair.hun && record.agreementId === pair.agreementId,',
    replace: 'true,',
  },
  {
    guard: 'house-meter',
    file: CHECKS,
    find: 'wholeWh(signed.fromRegisterMilliWh, signed.toRegisterMilliWh) === flow.energyWh,',
    replace: 'wholeWh(0n, 0n) === 0n,',
  },
  {
    guard: 'house-unsigned',
    file: CHECKS,
    find: "return refuse('BAD_SIGNATURE', `${meterRef} signs what it counts",
    replace: 'return void (`',
  },
  {
    guard: 'house-twice',
    file: CHECKS,
    find: '(meteredUntil.get(place) ?? 0) <= entry.atMs &&',
    replace: 'true &&',
  },
  {
    guard: 'credit-evidence',
    file: GRANT,
    find: 'path.size === batch.entries && isIncluded(hash, path, batch.merkleRoot),',
    replace: 'true || isIncluded(hash, path, batch.merkleRoot),',
  },
  {
    guard: 'credit-metered',
    file: GRANT,
    find: 'creditId === bodyHash(entry.signed.ocmf) && wh === entry.energyWh && holder === entry.creditTo,',
    replace: 'creditId === bodyHash(entry.signed.ocmf),',
  },
  { guard: 'credit-once', file: GRANT, find: 'await tx.requireAbsent(key);', replace: '' },
  {
    guard: 'credit-bought',
    file: CHECKS,
    find: "creditTo === undefined ||\n      (signed !== undefined && counts === 'in' && (of === 'ev' || of === 'renewable')),",
    replace: 'true,',
  },
  { guard: 'credit-owner', file: CREDITS, find: 'holding.holder === owner,', replace: 'true,' },
  {
    guard: 'credit-forged',
    file: MOVE,
    find: 'openDocument(creditMove, DOCUMENT_TYPE.creditMove, order, [key]);',
    replace:
      'Promise.resolve({ ok: true as const, error: { message: "" }, value: creditMove.parse(JSON.parse(Buffer.from(order.split(".")[1] ?? "", "base64url").toString())) }); void openDocument; void DOCUMENT_TYPE;',
  },
  {
    guard: 'credit-range',
    file: CREDITS,
    find: 'holding.fromWh <= fromWh && fromWh < toWh && toWh <= holding.toWh,',
    replace: 'true,',
  },
  { guard: 'credit-replay', file: MOVE, find: 'await tx.requireAbsent(recordKey);', replace: '' },
  {
    guard: 'credit-old',
    file: MOVE,
    find: 'ensure(tx.nowMs <= validUntilMs,',
    replace: 'ensure(true,',
  },
  {
    guard: 'credit-channel',
    file: MOVE,
    find: 'ensure(channel === tx.channel,',
    replace: 'ensure(true,',
  },
];
