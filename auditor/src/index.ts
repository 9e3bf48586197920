/** The independent verifier, for Node and browsers. Files: docs/audit-bundle.md. */
export { verifyBundle, type Told, type Trusted, type Verdict } from './bundle/verify.ts';
export type { Primitives } from './primitives.ts';
export { webPrimitives } from './web-primitives.ts';
