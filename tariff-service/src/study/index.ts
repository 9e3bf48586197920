/** Studies of what roaming and tariffs earn whom. */
export { problemWith, REVENUE_ASSUMPTIONS, type RevenueAssumptions } from './revenue/assumptions.ts';
export { revenuePlot } from './revenue/plot.ts';
export { revenueStudy, type RevenueStudy } from './revenue/study.ts';
