/** What only Node has: its own primitives. */
export { nodePrimitives } from './primitives.ts';
