import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verdictsOfFile, type Row } from './transparency.fixture.ts';

/**
 * Published transparency files, `ROAMGRID_VECTORS/transparency/*.xml`: the test data of the S.A.F.E. transparency software, flat
 * and named as there. `docs/field.md` has the table with the reasons. Files of our own making are judged in `transparency.test.ts`.
 */
const { ROAMGRID_VECTORS } = process.env;
const FOLDER = ROAMGRID_VECTORS === undefined ? undefined : join(ROAMGRID_VECTORS, 'transparency');

const TABLE: Readonly<Record<string, Row>> = {
  '20211007-device-with-evt-ocmf-sss-ses.xml': { verified: 2 },
  'OCMF_Test_Data_00.xml': { verified: 2 },
  'Ocmf_Example_OBIS_98.8.0_2.8.0.xml': { verified: 1 },
  'VW_OCMF_load.xml': { verified: 1 },
  'brainpoolP256r1.xml': { verified: 2 },
  'chargepoint_3.xml': { verified: 1 },
  'fromweb.xml': { verified: 1 },
  'isa-ocmf_OCMF-receipt-with_import_and_export.xml': { OCMF_BAD_SIGNATURE: 1 },
  'isa-ocmf_OCMF-receipt-with_publickey_and_data.xml': { verified: 1 },
  'keba_test.xml': { verified: 100 },
  'keba_test_txn.xml': { verified: 100 },
  'log4j_test1.xml': { OCMF_UNSUPPORTED: 1 },
  'log4j_test2.xml': { OCMF_UNSUPPORTED: 1 },
  'log4j_test3.xml': { OCMF_BAD_SIGNATURE: 1 },
  'log4j_test4.xml': { verified: 1 },
  'measurements.xml': { verified: 21 },
  'nistP384_0Wh.xml': { verified: 2 },
  'ocmf_sec.xml': { verified: 2 },
  'ocmf_tariff_1.xml': { verified: 1 },
  'second_key_fail_ocmf.xml': { verified: 1, OCMF_BAD_SIGNATURE: 1 },
  'signature_16955306_ALL.xml': { OCMF_UNSUPPORTED: 2 },
  'test.xml': { verified: 1, OCMF_BAD_SIGNATURE: 1 },
  'test_ocmf_ebee_01.xml': { verified: 2 },
  'test_ocmf_ebee_02.xml': { verified: 1, OCMF_BAD_SIGNATURE: 1 },
  'test_ocmf_keba_kcp30.xml': { verified: 1 },
  'test_ocmf_keba_kcp30_fail.xml': { OCMF_BAD_SIGNATURE: 1 },
  'test_ocmf_transaction_two_values.xml': { verified: 2 },
};

/**
 * How many records the S.A.F.E. software itself verifies: version 1.4.1 at d556f1a, built from its sources and asked through its
 * own `Verifier`, file by file. Its sealing library, which only RSA records need, is not published.
 */
const THEIRS: Readonly<Record<string, number>> = {
  '20211007-device-with-evt-ocmf-sss-ses.xml': 2,
  'OCMF_Test_Data_00.xml': 2,
  'Ocmf_Example_OBIS_98.8.0_2.8.0.xml': 1,
  'VW_OCMF_load.xml': 1,
  'brainpoolP256r1.xml': 2,
  'chargepoint_3.xml': 1,
  'fromweb.xml': 1,
  'isa-ocmf_OCMF-receipt-with_import_and_export.xml': 0,
  'isa-ocmf_OCMF-receipt-with_publickey_and_data.xml': 0,
  'keba_test.xml': 100,
  'keba_test_txn.xml': 100,
  'log4j_test1.xml': 0,
  'log4j_test2.xml': 0,
  'log4j_test3.xml': 0,
  'log4j_test4.xml': 1,
  'measurements.xml': 21,
  'nistP384_0Wh.xml': 2,
  'ocmf_sec.xml': 2,
  'ocmf_tariff_1.xml': 1,
  'second_key_fail_ocmf.xml': 1,
  'signature_16955306_ALL.xml': 0,
  'test.xml': 1,
  'test_ocmf_ebee_01.xml': 2,
  'test_ocmf_ebee_02.xml': 1,
  'test_ocmf_keba_kcp30.xml': 1,
  'test_ocmf_keba_kcp30_fail.xml': 0,
  'test_ocmf_transaction_two_values.xml': 2,
};

/** Files whose verdict is another one here: it reads no key or signature of two bare numbers, which this meter's are. */
const DIFFERENT = ['isa-ocmf_OCMF-receipt-with_publickey_and_data.xml'];

describe('roamgrid ocmf verify on the published transparency files', () => {
  if (FOLDER === undefined) {
    console.log('skipped: transparency');
    return;
  }
  const files = readdirSync(FOLDER).sort();
  it('gives each record the verdict of the table', () => {
    assert.deepEqual(
      Object.fromEntries(
        files.map((file) => [file, verdictsOfFile(readFileSync(join(FOLDER, file), 'utf8'))]),
      ),
      TABLE,
    );
  });

  it('verifies as many of each as the reference software does, but for the file that is named with its reason', () => {
    const different = files.filter(
      (file) => (verdictsOfFile(readFileSync(join(FOLDER, file), 'utf8'))['verified'] ?? 0) !== THEIRS[file],
    );
    assert.deepEqual(different, DIFFERENT);
  });
});
