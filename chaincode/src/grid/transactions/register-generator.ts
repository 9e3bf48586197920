import { generatorRecord, stateKey, type certificateCommands } from '@roamgrid/wire';
import { getActiveUtility } from '../../consortium/registry.ts';
import { ensure, type Verb } from '../../context/index.ts';
import { requireRegistrar } from '../generators.ts';

/**
 * A registrar vouches for a generator. Another registrar, owner, place or source is another generator, because certificates
 * say them; nobody certifies his own.
 */
export const registerGenerator: Verb<typeof certificateCommands.registerGenerator> = async (
  tx,
  { generator },
) => {
  const { generatorId, owner, registrar } = generator;
  await requireRegistrar(tx, registrar);
  ensure(owner !== registrar, 'FORBIDDEN', `${registrar} cannot certify its own generation`);
  await getActiveUtility(tx, owner);
  const key = stateKey.generator(generatorId);
  const before = await tx.find(generatorRecord, key);
  ensure(
    before === undefined ||
      (['owner', 'registrar', 'areaId', 'countryCode', 'source', 'fromMs'] as const).every(
        (field) => before[field] === generator[field],
      ),
    'CONFLICT',
    `generator ${generatorId} is registered with another owner, registrar, place, source or beginning`,
  );
  tx.put(generatorRecord, key, { type: 'generator', version: (before?.version ?? 0) + 1, ...generator });
};
