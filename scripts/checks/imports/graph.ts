import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { workspacesOf } from '../workspaces.ts';
import { importRules } from './rules.ts';

const graphs = new Map<string, Promise<ICruiseResult>>();

/**
 * The graph of imports as dependency-cruiser sees it, type imports included, judged by `importRules`. To make it takes a
 * third of all checks' time: those of one run share it.
 */
export const readImportGraph = (root: string): Promise<ICruiseResult> => {
  const graph = graphs.get(root) ?? makeImportGraph(root);
  graphs.set(root, graph);
  return graph;
};

const makeImportGraph = async (root: string): Promise<ICruiseResult> => {
  const workspaces = workspacesOf(root);
  const folders = [...workspaces, 'scripts'].filter((folder) => existsSync(join(root, folder)));
  const options: ICruiseOptions = {
    baseDir: root,
    exclude: { path: '(^|/)(\\.tsbuild|\\.roamgrid|dist|fixtures)/' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'tsc',
    validate: true,
    ruleSet: { forbidden: [...importRules(workspaces)] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  };
  const { output } = await cruise(folders, options);
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text instead of a graph');
  return output;
};
