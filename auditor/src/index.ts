/** The independent verifier, for Node and browsers. Files: docs/audit-bundle.md. */
import { canonical, parse } from './json.ts';

export { verifyBundle, verifyCheckpoint, type Told, type Trusted, type Verdict } from './bundle/verify.ts';
export type { Primitives } from './primitives.ts';
export { bytesOfCurve, curveOfAlgorithm, verifyMeter } from './session/meter-curves.ts';
export { webPrimitives } from './web-primitives.ts';

/** The one form of JSON that came in another. @throws Unreadable */
export const oneForm = (json: string): string => canonical(parse(json));
