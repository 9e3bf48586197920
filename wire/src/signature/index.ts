/** Signatures and hashes over canonical JSON, and signed meter readings. */
export { bodyHash, canonicalText, sealBody, type SealedBody } from './body-hash.ts';
export {
  DOCUMENT_TYPE,
  openDocument,
  signDocument,
  type DocumentError,
  type DocumentType,
} from './document.ts';
export {
  signJws,
  verifyJws,
  type JwsError,
  type JwsErrorCode,
  type PrivateSigningKey,
  type Signer,
} from './jws.ts';
export {
  billingReading,
  meterPublicKey,
  ocmfPayload,
  signOcmf,
  verifyOcmf,
  type BillingReading,
  type MeterStatement,
  type MeterStatementReading,
} from './ocmf.ts';
export { parseOcmf, type OcmfDocument, type OcmfError, type OcmfReading } from './ocmf-document.ts';
export { formatOcmfTime, parseOcmfTime, type OcmfTime } from './ocmf-time.ts';
