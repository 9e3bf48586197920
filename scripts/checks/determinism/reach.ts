import type { ICruiseResult } from 'dependency-cruiser';
import { isTestFile } from '../workspaces.ts';

/** The repository's own modules that loading these modules loads, themselves included, sorted. Type imports are erased. */
export const reachFrom = ({ modules }: ICruiseResult, starts: readonly string[]): readonly string[] => {
  const loads = new Map(
    modules.map(({ source, dependencies }) => [
      source,
      dependencies
        .filter(
          ({ dependencyTypes }) =>
            !dependencyTypes.some((type) => type === 'type-only' || type === 'type-import'),
        )
        .map(({ resolved }) => resolved),
    ]),
  );
  const own = (path: string): boolean =>
    loads.has(path) &&
    path.endsWith('.ts') &&
    !path.endsWith('.d.ts') &&
    !path.includes('node_modules/') &&
    !isTestFile(path);
  const reached = new Set<string>();
  const waiting = starts.filter(own);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(loads.get(next) ?? []).filter(own));
  }
  return [...reached].sort();
};
