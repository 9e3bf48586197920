import { join } from 'node:path';
import ts from 'typescript';

/** The compiler's view of a set of source files, for the checks that need types. */

/** Node's and the browser's globals both, so that one program holds every part. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
};

export interface Sources {
  readonly checker: ts.TypeChecker;
  /** The file of a path from the root. */
  file(path: string): ts.SourceFile;
}

interface ReadBefore {
  readonly root: string;
  readonly files: ReadonlySet<string>;
  readonly sources: Sources;
}
let before: ReadBefore | undefined;

/** Reads files (paths from the root) and all that they import, unless the check before this one has read them all. */
export const readSources = (root: string, files: readonly string[]): Sources => {
  if (before?.root === root && files.every((file) => before?.files.has(file))) return before.sources;
  const sources = makeSources(root, files);
  before = { root, files: new Set(files), sources };
  return sources;
};

const makeSources = (root: string, files: readonly string[]): Sources => {
  const host = ts.createCompilerHost(OPTIONS);
  host.getCurrentDirectory = () => root;
  const program = ts.createProgram(
    files.map((file) => join(root, file)),
    OPTIONS,
    host,
  );
  return {
    checker: program.getTypeChecker(),
    file: (path) => {
      const found = program.getSourceFile(join(root, path));
      if (found === undefined) throw new Error(`${path} is not in the program`);
      return found;
    },
  };
};

/** The line of a node, from 1. */
export const lineOf = (node: ts.Node): number => {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
};

/** Calls `visit` for a node and everything inside it. */
export const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node);
  ts.forEachChild(node, (child) => {
    walk(child, visit);
  });
};
