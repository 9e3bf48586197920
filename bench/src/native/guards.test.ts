import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { GUARD_NAMES, withoutGuards } from './guards.ts';

const entry = fileURLToPath(new URL('../../../chaincode/src/index.ts', import.meta.url));

const contractsWithout = async (names: Parameters<typeof withoutGuards>[0]): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
    alias: { '@roamgrid/wire': fileURLToPath(new URL('../../../wire/src/index.ts', import.meta.url)) },
    write: false,
    logLevel: 'silent',
    plugins: [withoutGuards(names)],
  });
  return outputFiles[0]?.text ?? '';
};

describe('the contracts that guards are priced with', () => {
  it('build without each guard, and differ from the whole ones', async () => {
    const whole = await contractsWithout([]);
    for (const name of GUARD_NAMES) assert.notEqual(await contractsWithout([name]), whole, name);
  });
});
