/** Signatures and hashes over canonical JSON, and signed meter readings. */
export { bodyHash, canonicalText, sealBody, type SealedBody } from './body-hash.ts';
export {
  DOCUMENT_TYPE,
  openDatedDocument,
  openDocument,
  signDocument,
  type DocumentError,
  type DocumentType,
} from './document.ts';
export {
  kidOf,
  signJws,
  verifyEs256,
  verifyJws,
  type JwsError,
  type JwsErrorCode,
  type PrivateSigningKey,
  type Signer,
} from './jws.ts';
export { registerOf, type BillingRegister } from './billing-register.ts';
export { billingReading, type BillingReading } from './billing-reading.ts';
export { meterKeyOf, missingCurves, type OcmfCurve } from './ocmf-curves.ts';
export {
  derOfOcmf,
  isStatementSigned,
  meterPublicKey,
  ocmfPayload,
  ocmfText,
  signOcmf,
  verifyOcmf,
  type MeterStatement,
  type MeterStatementReading,
} from './ocmf.ts';
export {
  parseOcmf,
  type OcmfDocument,
  type OcmfError,
  type OcmfLeniency,
  type OcmfReading,
} from './ocmf-document.ts';
export { signTwoWay, twoWayReadings, type TwoWayReading } from './two-way.ts';
export { formatOcmfTime, parseOcmfTime, type OcmfTime } from './ocmf-time.ts';
