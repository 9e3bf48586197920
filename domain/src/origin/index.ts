export { matchOrigin, type Demand, type Match, type Supply } from './match.ts';
export {
  energyByQuarter,
  QUARTER_MS,
  quarterOf,
  type QuarterEnergy,
  type RegisterPoint,
} from './quarters.ts';
export { isInSum, sumLeaf, sumTree, type SumNode, type SumStep, type SumTree } from './sum-tree.ts';
