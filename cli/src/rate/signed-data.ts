import { agrees, formatDecimal, type Cdr, type Note, type SignedData } from '@roamgrid/domain';
import { billingReading, meterKeyOf, parseOcmf, verifyOcmf, type OcmfDocument } from '@roamgrid/wire';

/** What became of the meter's records that a CDR carries. */
export interface SignedVerdict {
  readonly state: 'absent' | 'verified' | 'failed' | 'not_verified';
  readonly notes: readonly Note[];
}

const POINTER = '/signed_data';

/** The record itself: OCPI wraps it in base64, some send it bare. */
const recordOf = (blob: string): string => {
  const text = blob.trim();
  return text.startsWith('OCMF|') ? text : Buffer.from(text, 'base64').toString('utf8').trim();
};

interface Opened {
  readonly documents: readonly OcmfDocument[];
  readonly failures: readonly Note[];
}

const open = ({ values, publicKey = '' }: SignedData): Opened => {
  const documents: OcmfDocument[] = [];
  const failures: Note[] = [];
  for (const { signed, pointer } of values) {
    const text = recordOf(signed);
    const parsed = parseOcmf(text);
    const key = parsed.ok ? meterKeyOf(publicKey, parsed.value.curve) : parsed;
    const verified = key.ok ? verifyOcmf(text, key.value) : key;
    if (verified.ok) documents.push(verified.value);
    else {
      const { code, message } = verified.error;
      failures.push({
        code: 'SIGNED_DATA_BAD',
        message: `${message} (${code})`,
        pointer: `${pointer}/signed_data`,
      });
    }
  }
  return { documents, failures };
};

/** The energy between the signed begin and the signed end, where both can be billed. */
const signedMilliWh = (documents: readonly OcmfDocument[]): bigint | undefined => {
  const side = (name: 'begin' | 'end') => {
    const found = documents.map((document) => billingReading(document, name)).find(({ ok }) => ok);
    return found?.ok === true ? found.value : undefined;
  };
  const [begin, end] = [side('begin'), side('end')];
  if (begin === undefined || end === undefined || begin.register !== end.register) return undefined;
  return end.registerMilliWh - begin.registerMilliWh;
};

/** Verifies the meter's records with the key in the CDR, or says why that was not done. Nothing passes in silence. */
export const judgeSignedData = (cdr: Cdr): SignedVerdict => {
  const { signedData } = cdr;
  const unverified = (message: string): SignedVerdict => ({
    state: 'not_verified',
    notes: [{ code: 'SIGNED_DATA_UNVERIFIED', message, pointer: POINTER }],
  });
  if (signedData === undefined || signedData.values.length === 0) return { state: 'absent', notes: [] };
  if (signedData.encodingMethod.toUpperCase() !== 'OCMF') {
    return unverified(
      `signed data in ${signedData.encodingMethod || 'no named encoding'} were not verified: only OCMF is`,
    );
  }
  if (signedData.publicKey === undefined) {
    return unverified(
      'the signed data were not verified: the CDR has no public_key; see roamgrid ocmf verify --key',
    );
  }
  const { documents, failures } = open(signedData);
  if (failures.length > 0) return { state: 'failed', notes: failures };
  const milliWh = signedMilliWh(documents);
  const stated = cdr.statedQuantities.get('total_energy');
  if (milliWh === undefined) {
    const message =
      'the signed data hold no begin and end that can be billed: the energy is not compared with them';
    return { state: 'verified', notes: [{ code: 'SIGNED_DATA_NO_ENERGY', message, pointer: POINTER }] };
  }
  const kWh = formatDecimal(milliWh, 6);
  if (stated === undefined || agrees(stated, { n: milliWh, d: 1_000_000n }))
    return { state: 'verified', notes: [] };
  const message = `the meter signed for ${kWh} kWh, total_energy is another`;
  return { state: 'failed', notes: [{ code: 'SIGNED_DATA_DIFFERS', message, pointer: POINTER }] };
};
