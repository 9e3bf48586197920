import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { ConfigMap, Namespace, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';
import { withConsensus, withUtilityCount } from '../consortium/change.ts';
import { loadConsortium } from '../consortium/load.ts';
import type { Consortium } from '../consortium/schema.ts';
import { enrolmentGuide } from './enrolment.ts';
import { deploymentFiles } from './files.ts';

const require = createRequire(import.meta.url);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The Compose Specification's own JSON schema, as the linter `dclint` ships it. */
async function composeValidator(): Promise<(data: unknown) => string[]> {
  const folder = join(require.resolve('dclint/package.json'), '..');
  const schema = JSON.parse(await readFile(join(folder, 'schemas', 'compose.schema.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  // The specification names its draft with https, which ajv knows with http only.
  delete schema['$schema'];
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  return (data) =>
    validate(data) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message ?? ''}`);
}

const kubernetesKinds = { Deployment, StatefulSet, NetworkPolicy, ConfigMap, Namespace, Service } as const;

interface KubernetesObject {
  kind: keyof typeof kubernetesKinds;
  metadata: { name: string; namespace?: string };
}

/** Throws where the object breaks the Kubernetes API's schema. */
function validateKubernetes(object: KubernetesObject): void {
  const kind = kubernetesKinds[object.kind] as new (data: unknown) => { validate(): void };
  new kind(object).validate();
}

const documentsOf = (text: string): KubernetesObject[] =>
  parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);

async function cases(): Promise<[string, Consortium][]> {
  const consortium = await loadConsortium();
  return [
    ['as it is committed', consortium],
    ['with five utilities and Raft ordering', withUtilityCount(withConsensus(consortium, 'raft'), 5)],
  ];
}

const matching = (files: ReadonlyMap<string, string>, pattern: RegExp): [string, string][] =>
  [...files].filter(([name]) => pattern.test(name));

describe('deployment files', () => {
  it('in the repository are those that the consortium gives today', async () => {
    const files = deploymentFiles(await loadConsortium());
    const root = here('../../deploy');
    const committed = await readdir(root, { recursive: true, withFileTypes: true });
    const names = committed
      .filter((e) => e.isFile())
      .map((e) => join(e.parentPath, e.name).slice(root.length + 1));
    assert.deepEqual(names.sort(), [...files.keys()].sort());
    for (const [name, content] of files)
      assert.equal(await readFile(join(root, name), 'utf8'), content, name);
    const guide = await readFile(here('../../../docs/network/enrolment.md'), 'utf8');
    assert.equal(guide, enrolmentGuide(await loadConsortium()));
  });

  it('for compose satisfy the Compose Specification', async () => {
    const problems = await composeValidator();
    for (const [which, consortium] of await cases()) {
      const found = matching(deploymentFiles(consortium), /compose\.yaml$/);
      assert.equal(
        found.length,
        consortium.utilities.length + 1 + (consortium.ordering.consensus === 'bft' ? 4 : 3),
      );
      for (const [name, text] of found) assert.deepEqual(problems(parse(text)), [], `${name} ${which}`);
    }
    assert.notDeepEqual(
      problems({ services: { peer: { image: 1, prots: [] } } }),
      [],
      'the schema refuses something',
    );
  });

  it('for Kubernetes satisfy its API schemas', async () => {
    for (const [, consortium] of await cases()) {
      for (const [, text] of matching(deploymentFiles(consortium), /^kubernetes\//)) {
        const objects = documentsOf(text);
        assert.ok(objects.length >= 6);
        for (const object of objects) validateKubernetes(object);
      }
    }
    assert.throws(() => {
      validateKubernetes({
        kind: 'StatefulSet',
        metadata: { name: 'x' },
        spec: { replicas: 'one' },
      } as KubernetesObject);
    });
  });

  it('select pods that exist and mount what is declared', async () => {
    for (const [, text] of matching(deploymentFiles(await loadConsortium()), /^kubernetes\//)) {
      const objects = documentsOf(text) as (KubernetesObject & {
        spec?: PodOwner & { podSelector?: Selector; selector?: unknown };
      })[];
      const workloads = objects.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Deployment');
      const podLabels = workloads.map(({ spec }) => JSON.stringify(spec?.template?.metadata.labels));
      for (const { kind, spec } of objects) {
        const selector =
          kind === 'NetworkPolicy'
            ? spec?.podSelector?.matchLabels
            : kind === 'Service'
              ? spec?.selector
              : undefined;
        if (selector !== undefined)
          assert.ok(podLabels.includes(JSON.stringify(selector)), JSON.stringify(selector));
      }
      for (const { spec } of workloads) {
        const pod = spec?.template?.spec;
        const declared = [
          ...(pod?.volumes ?? []),
          ...(spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata),
        ];
        const mounts = pod?.containers.flatMap(({ volumeMounts }) => volumeMounts ?? []) ?? [];
        assert.ok(mounts.length > 0);
        for (const { name } of mounts)
          assert.ok(
            declared.some((volume) => volume.name === name),
            name,
          );
      }
    }
  });

  it('give chaincode to utilities alone, and no organisation the secrets of another', async () => {
    for (const [name, text] of matching(deploymentFiles(await loadConsortium()), /compose\.yaml$/)) {
      const { services } = parse(text) as { services: Record<string, unknown> };
      const expected = name.includes('ordering-')
        ? ['ca', 'orderer']
        : name.includes('auditor')
          ? ['ca', 'peer']
          : ['ca', 'peer', 'chaincode'];
      assert.deepEqual(Object.keys(services), expected, name);
    }
  });

  it('leave the contracts’ look at their host’s clock on: nothing names a switch', async () => {
    const files = deploymentFiles(await loadConsortium());
    assert.ok([...files.values()].some((text) => text.includes('CHAINCODE_SERVER_ADDRESS')));
    for (const [name, text] of files) assert.ok(!text.includes('CHAINCODE_ENDORSEMENT_CLOCK_FILE'), name);
  });
});

interface Selector {
  matchLabels?: Record<string, string>;
}

interface Named {
  name: string;
}

interface PodOwner {
  template?: {
    metadata: { labels: Record<string, string> };
    spec: { volumes?: Named[]; containers: { volumeMounts?: Named[] }[] };
  };
  volumeClaimTemplates?: { metadata: Named }[];
}
