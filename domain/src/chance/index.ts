export { seededChance } from './seeded-chance.ts';
