import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { buildSync, transformSync } from 'esbuild';
import type { Removal } from '../../src/guards/removal.ts';

/**
 * Loads TypeScript sources of the workspace beside the same sources with one text replaced. Modules that do not come to
 * the changed one are the same in both, so fifty variants of the contracts cost little more than one.
 */

const workspace = fileURLToPath(new URL('../../..', import.meta.url));

interface Loaded {
  readonly exports: unknown;
  /** Sources of the workspace that it imports. */
  readonly imports: Set<string>;
}

type Program = (exports: object, load: (name: string) => unknown, module: { exports: unknown }) => void;

const programOf = (path: string, text: string): Program => {
  const { code } = transformSync(text, { loader: 'ts', format: 'cjs', target: 'node20', sourcefile: path });
  return compileFunction(code, ['exports', 'require', 'module'], { filename: path }) as Program;
};

/** Entry points of the workspace's packages, by the names that they are imported under. */
const packageEntry = (name: string): string | undefined => {
  const [, folder = '', ...rest] = /^@roamgrid\/([\w-]+)(.*)$/.exec(name) ?? [];
  if (folder === '') return undefined;
  const manifest = JSON.parse(readFileSync(join(workspace, folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string>;
  };
  return join(workspace, folder, manifest.exports[`.${rest.join('')}`] ?? '');
};

const sourceOf = (name: string, from: string): string | undefined =>
  name.startsWith('.') ? resolve(dirname(from), name) : packageEntry(name);

const packages = new Map<string, unknown>();

/** A package from outside; one that is written for `import` alone is put into the other form. */
const packageOf = (name: string, from: string): unknown => {
  const known = packages.get(name);
  if (known !== undefined) return known;
  let exports: unknown;
  try {
    exports = createRequire(from)(name);
  } catch {
    const { outputFiles } = buildSync({
      stdin: {
        // Of a package that has no default it is nothing.
        contents: `import * as whole from '${name}'; export * from '${name}'; export default whole.default;`,
        resolveDir: dirname(from),
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      write: false,
      logLevel: 'error',
    });
    const module: { exports: unknown } = { exports: {} };
    (compileFunction(outputFiles[0]?.text ?? '', ['exports', 'require', 'module']) as Program)(
      module.exports as object,
      createRequire(from),
      module,
    );
    ({ exports } = module);
  }
  packages.set(name, exports);
  return exports;
};

export class Sources {
  readonly #programs = new Map<string, Program>();
  readonly #whole = new Map<string, Loaded>();

  /** A module's exports, nothing replaced. */
  whole(file: string): unknown {
    return this.#load(join(workspace, file), this.#whole, () => undefined).exports;
  }

  /** The module's exports as they are with the guard taken out. Loads the whole module first. */
  without(file: string, { file: changed, find, replace }: Removal): unknown {
    this.whole(file);
    const path = join(workspace, changed);
    const text = readFileSync(path, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${changed} does not have once: ${find}`);
    const program = programOf(
      path,
      text.replace(find, () => replace),
    );
    const affected = this.#dependentsOf(path);
    const modules = new Map([...this.#whole].filter(([known]) => !affected.has(known)));
    return this.#load(join(workspace, file), modules, (of) => (of === path ? program : undefined)).exports;
  }

  #dependentsOf(path: string): ReadonlySet<string> {
    const found = new Set([path]);
    for (let before = 0; before !== found.size;) {
      before = found.size;
      for (const [importer, { imports }] of this.#whole) {
        if ([...imports].some((each) => found.has(each))) found.add(importer);
      }
    }
    return found;
  }

  #load(path: string, modules: Map<string, Loaded>, replaced: (path: string) => Program | undefined): Loaded {
    const known = modules.get(path);
    if (known !== undefined) return known;
    const module: { exports: unknown } = { exports: {} };
    const imports = new Set<string>();
    const loaded: Loaded = {
      get exports() {
        return module.exports;
      },
      imports,
    };
    modules.set(path, loaded);
    const load = (name: string): unknown => {
      const source = sourceOf(name, path);
      if (source === undefined) return packageOf(name, path);
      imports.add(source);
      return this.#load(source, modules, replaced).exports;
    };
    (replaced(path) ?? this.#programOf(path))(module.exports as object, load, module);
    return loaded;
  }

  #programOf(path: string): Program {
    const program = this.#programs.get(path) ?? programOf(path, readFileSync(path, 'utf8'));
    this.#programs.set(path, program);
    return program;
  }
}
