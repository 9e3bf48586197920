import { QUARTER_MS } from '@roamgrid/domain';
import {
  certificateRecord,
  stateKey,
  type certificateCommands,
  type CertificateRecord,
  type GeneratorRecord,
} from '@roamgrid/wire';
import { ensure, type Transaction, type Verb } from '../../context/index.ts';
import { getGenerator, requireRegistrar } from '../generators.ts';
import { putHolding } from '../holdings.ts';

type Issued = Pick<CertificateRecord, 'generatorId' | 'quarterMs' | 'wh'>;

/** A quarter of an hour at full power. */
const QUARTERS_AN_HOUR = 4n;

const requirePossible = (tx: Transaction, generator: GeneratorRecord, { quarterMs, wh }: Issued): void => {
  const { generatorId, fromMs, untilMs, maxPowerW } = generator;
  const endMs = quarterMs + QUARTER_MS;
  ensure(
    quarterMs >= fromMs && (untilMs === undefined || endMs <= untilMs),
    'INVALID_ARGUMENT',
    `generator ${generatorId} does not run in the quarter-hour from ${quarterMs}`,
  );
  ensure(
    endMs <= tx.nowMs,
    'CLOCK_SKEW',
    `the quarter-hour from ${quarterMs} is not over: nothing is certified ahead`,
  );
  ensure(
    wh * QUARTERS_AN_HOUR <= maxPowerW,
    'INVALID_ARGUMENT',
    `${wh} Wh in a quarter-hour are more than generator ${generatorId} can give with ${maxPowerW} W`,
  );
};

/** Certifies what generators gave, once for each generator and quarter-hour; all of it is their owners' at first. */
export const issueCertificates: Verb<typeof certificateCommands.issueCertificates> = async (tx, command) => {
  const { registrar, certificates } = command;
  await requireRegistrar(tx, registrar);
  const keys = certificates.map(({ generatorId, quarterMs }) => stateKey.certificate(generatorId, quarterMs));
  await tx.prefetch(keys);
  for (const [index, issued] of certificates.entries()) {
    const { generatorId, quarterMs, wh } = issued;
    const generator = await getGenerator(tx, generatorId);
    ensure(
      generator.registrar === registrar,
      'FORBIDDEN',
      `generator ${generatorId} is certified by ${generator.registrar}, not by ${registrar}`,
    );
    requirePossible(tx, generator, issued);
    const key = keys[index] ?? '';
    await tx.requireAbsent(key);
    const { owner, areaId, countryCode, source } = generator;
    tx.put(
      certificateRecord,
      key,
      {
        type: 'certificate',
        version: 1,
        generatorId,
        quarterMs,
        wh,
        registrar,
        owner,
        areaId,
        countryCode,
        source,
        issuedAtMs: tx.nowMs,
      },
      { ofItem: true },
    );
    putHolding(tx, {
      type: 'holding',
      version: 1,
      generatorId,
      quarterMs,
      fromWh: 0n,
      toWh: wh,
      holder: owner,
    });
  }
};
