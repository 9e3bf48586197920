import { bytesOfCurve, curveOfAlgorithm, verifyMeter, webPrimitives } from '@roamgrid/auditor';
import { bytesOfBase64Url, utf8 } from '../shared/hash.ts';
import { ocmfParts, ocmfVerifies, payloadVerifies, rawOfDer, type Jwk } from '../shared/signature.ts';
import type { Station } from './api.ts';

type MeterKey = Pick<Station['evses'][number]['meterKeys'][number], 'kty' | 'crv' | 'x' | 'y' | 'kid'>;

const UNCOMPRESSED = 4;

const onP256 = ({ kty, crv, x, y, kid }: MeterKey): Jwk | undefined =>
  crv === 'P-256' ? { kty, crv, x, y, kid } : undefined;

/** Did this meter sign these facts, formed again? Only meters on the usual curve are told of by facts. */
export const factsVerify = async (
  payload: string,
  der: Uint8Array<ArrayBuffer>,
  key: MeterKey,
): Promise<boolean> => {
  const usual = onP256(key);
  return usual !== undefined && payloadVerifies(payload, der, usual);
};

/** Did this meter sign this statement, on whichever curve its key is? Browsers have few of them. */
export const statementVerifies = async (text: string, key: MeterKey): Promise<boolean> => {
  const usual = onP256(key);
  if (usual !== undefined) return ocmfVerifies(text, usual);
  const parts = ocmfParts(text);
  const bytes = bytesOfCurve(key.crv);
  if (parts === undefined || bytes === undefined || curveOfAlgorithm(parts.algorithm) !== key.crv)
    return false;
  const { signature, payload } = parts;
  const raw = rawOfDer(signature, bytes) ?? (signature.length === 2 * bytes ? signature : undefined);
  if (raw === undefined) return false;
  const point = Uint8Array.of(UNCOMPRESSED, ...bytesOfBase64Url(key.x), ...bytesOfBase64Url(key.y));
  return verifyMeter(webPrimitives, { curve: key.crv, point }, raw, utf8(payload));
};
