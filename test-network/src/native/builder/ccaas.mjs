/**
 * External builder for chaincode that runs as a service: the package holds a connection template and no code.
 * Spec: Fabric documentation, "External Builders and Launchers" and "Running Chaincode as an External Service".
 *
 *   detect  SOURCE METADATA     succeeds for packages of type ccaas
 *   build   SOURCE METADATA OUT fills the template from CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG
 *   release OUT RELEASE         hands the connection to the peer
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Replaces each `{{.name}}` of a text; a name that the peer's configuration lacks is an error. */
function fill(text, values) {
  return text.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, name) => {
    if (typeof values[name] !== 'string')
      throw new Error(`the builder configuration of this peer has no "${name}"`);
    return values[name];
  });
}

const steps = {
  detect([, metadata]) {
    const { type } = readJson(join(metadata, 'metadata.json'));
    if (type !== 'ccaas') throw new Error(`packages of type ${type} are not for this builder`);
  },
  build([source, , out]) {
    const values = JSON.parse(process.env.CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG ?? '{}');
    const connection = Object.entries(readJson(join(source, 'connection.json'))).map(([key, value]) => [
      key,
      typeof value === 'string' ? fill(value, values) : value,
    ]);
    writeFileSync(join(out, 'connection.json'), JSON.stringify(Object.fromEntries(connection)), {
      mode: 0o600,
    });
    const indexes = join(source, 'META-INF', 'statedb');
    if (existsSync(indexes)) cpSync(indexes, join(out, 'statedb'), { recursive: true });
  },
  release([out, release]) {
    const server = join(release, 'chaincode', 'server');
    mkdirSync(server, { recursive: true });
    cpSync(join(out, 'connection.json'), join(server, 'connection.json'));
    if (existsSync(join(out, 'statedb')))
      cpSync(join(out, 'statedb'), join(release, 'statedb'), { recursive: true });
  },
};

const [step, ...folders] = process.argv.slice(2);
try {
  if (steps[step] === undefined) throw new Error(`there is no step ${step}`);
  steps[step](folders);
} catch (error) {
  console.error(`ccaas builder: ${error.message}`);
  process.exitCode = 1;
}
