export { toBaseUnits, toMicros } from './chain/amounts.ts';
export { connectChain, type Connection, type ConnectionOptions } from './chain/connection.ts';
export {
  blockAtDepth,
  checkAgain,
  finalReceipt,
  type ChainLog,
  type ChainReceipt,
} from './chain/finality.ts';
export { ChainError, isPassing, type ChainProblem } from './chain/problem.ts';
export { createSender, type Intent, type Sender, type SenderOptions, type Told } from './chain/sender.ts';
export { accountOf, createdAt, creationOf, deployUnsigned } from './contracts/deploy.ts';
export {
  depositIn,
  nettingCall,
  paymentHash,
  paymentKeyOf,
  readDeposit,
  readPayment,
  requireConfirmed,
  requireSent,
  type SeenPayment,
  type TokenPayment,
} from './contracts/netting-escrow.ts';
export {
  drawnIn,
  holdIdOf,
  permissionToSign,
  readHold,
  sessionCall,
  sessionHash,
  signPermission,
  type Drawn,
  type Hold,
  type Permission,
} from './contracts/session-escrow.ts';
export { readBalance, readDecimals, tokenCall } from './contracts/token.ts';
