/** `npm run generate -w network`: writes the deployment files and the enrolment guide of a consortium. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConsortium } from './consortium/load.ts';
import { enrolmentGuide } from './deploy/enrolment.ts';
import { deploymentFiles } from './deploy/files.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const { values } = parseArgs({
  options: {
    consortium: { type: 'string' },
    out: { type: 'string', default: here('../deploy') },
    guide: { type: 'string', default: here('../../docs/network/enrolment.md') },
  },
});

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

const consortium = await loadConsortium(values.consortium);
const files = deploymentFiles(consortium);
await rm(values.out, { recursive: true, force: true });
for (const [name, content] of files) await put(join(values.out, name), content);
await put(values.guide, enrolmentGuide(consortium));
process.stdout.write(`${files.size} files in ${values.out}, and ${values.guide}\n`);
