import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { workspacesOf } from '../workspaces.ts';

/** The graph of imports as dependency-cruiser sees it, type imports included, judged by the rules given. */
export const readImportGraph = async (
  root: string,
  forbidden: readonly IForbiddenRuleType[] = [],
): Promise<ICruiseResult> => {
  const folders = [...workspacesOf(root), 'scripts'].filter((folder) => existsSync(join(root, folder)));
  const options: ICruiseOptions = {
    baseDir: root,
    exclude: { path: '(^|/)(\\.tsbuild|\\.roamgrid|dist|fixtures)/' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'tsc',
    validate: true,
    ruleSet: { forbidden: [...forbidden] },
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
