import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import solc from 'solc';
import { EVM_VERSION } from '../contracts/evm-version.ts';

/** Sources and what the compiler made of them; paths in them are the repository's, so that every machine gets the same bytes. */
export const CONTRACTS = join(import.meta.dirname, '..', '..', 'contracts');
export const ARTIFACTS = join(import.meta.dirname, '..', '..', 'artifacts');

const SETTINGS = {
  evmVersion: EVM_VERSION,
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
};

/** The package's own types say nothing. */
const compiler = solc as { compile(input: string): string; version(): string };

interface Output {
  readonly errors?: readonly { readonly formattedMessage: string }[];
  readonly contracts: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly abi: object[]; readonly evm: { readonly bytecode: { object: string } } }>
      >
    >
  >;
}

const readSources = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(CONTRACTS, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.sol'))
      .map((file) => file.replaceAll('\\', '/'))
      .sort()
      .map((file) => [`contracts/${file}`, readFileSync(join(CONTRACTS, file), 'utf8')]),
  );

/** What the compiler is asked, as a static analyser may ask it too. */
export const compilerInput = () => ({
  language: 'Solidity',
  sources: Object.fromEntries(Object.entries(readSources()).map(([file, content]) => [file, { content }])),
  settings: SETTINGS,
});

/**
 * Compiles every contract that can be deployed.
 * @returns the text of each artefact by its file's name.
 * @throws Error when the compiler says anything at all, a warning too.
 */
export const compileContracts = (): ReadonlyMap<string, string> => {
  const input = compilerInput();
  const { errors = [], contracts } = JSON.parse(compiler.compile(JSON.stringify(input))) as Output;
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const sources = Object.fromEntries(
    Object.entries(input.sources).map(([file, { content }]) => [
      file,
      createHash('sha256').update(content).digest('hex'),
    ]),
  );
  const artifacts = new Map<string, string>();
  for (const made of Object.values(contracts)) {
    for (const [contract, { abi, evm }] of Object.entries(made)) {
      if (evm.bytecode.object === '') continue;
      const artifact = {
        contract,
        compiler: compiler.version(),
        settings: SETTINGS,
        sources,
        abi,
        bytecode: `0x${evm.bytecode.object}`,
      };
      artifacts.set(`${contract}.json`, `${JSON.stringify(artifact, undefined, 2)}\n`);
    }
  }
  return artifacts;
};
