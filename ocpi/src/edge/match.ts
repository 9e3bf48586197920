import type { Method, OcpiRoute } from './handler.ts';

interface Match {
  readonly route: OcpiRoute;
  readonly params: readonly string[];
}

/** The places of a path, or undefined where it is another one. */
const placesIn = (pattern: readonly string[], path: readonly string[]): readonly string[] | undefined => {
  if (path.length > pattern.length) return undefined;
  const places: string[] = [];
  for (const [at, expected] of pattern.entries()) {
    const given = path[at];
    if (given === undefined || given === '') {
      if (expected !== '**') return undefined;
    } else if (expected === '*' || expected === '**') places.push(given);
    else if (expected !== given) return undefined;
  }
  return places;
};

const decoded = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
};

/** Which route a request is for; `wrong-method` where only others of that path are. */
export const matchRoute = (
  routes: readonly OcpiRoute[],
  method: Method,
  path: readonly string[],
): Match | 'wrong-method' | undefined => {
  const segments = path.map(decoded);
  if (segments.includes(undefined)) return undefined;
  let isPath = false;
  for (const route of routes) {
    const params = placesIn(route.path.split('/'), segments as readonly string[]);
    if (params === undefined) continue;
    if (route.method === method) return { route, params };
    isPath = true;
  }
  return isPath ? 'wrong-method' : undefined;
};
