/** Studies of what roaming and tariffs earn whom. */
export { lineChart, type Point } from './chart/line-chart.ts';
export { problemWith, REVENUE_ASSUMPTIONS, type RevenueAssumptions } from './revenue/assumptions.ts';
export { revenuePlot } from './revenue/plot.ts';
export { revenueStudy, type RevenueStudy } from './revenue/study.ts';
export {
  forecastFromFile,
  forecastNow,
  LOAD_UNITS,
  type Loads,
  loadsOf,
  type LoadUnit,
} from './year/loads.ts';
export { yearPlots } from './year/plots.ts';
export { studyPolicies } from './year/policies.ts';
export { readSessions, type SessionFile } from './year/sessions.ts';
export { TARIFFS, type YearSetting, type YearStudy, yearStudy } from './year/study.ts';
