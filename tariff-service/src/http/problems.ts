import { withKitProblems } from '@roamgrid/service-kit';

/** What the forecasting service may refuse, and how the edge answers it. */
export const problems = withKitProblems({
  DATASET_REFUSED: {
    status: 422,
    title: 'The data set cannot be used',
    remedy: 'Correct the file or the column mapping.',
  },
  SCHEMA_UNCLEAR: {
    status: 422,
    title: 'The columns cannot be inferred',
    remedy: 'Name the time and the value column.',
  },
  DATASET_UNKNOWN: { status: 404, title: 'There is no such data set', remedy: 'Send it to /datasets first.' },
  AREA_UNKNOWN: {
    status: 404,
    title: 'No model is in force for this area',
    remedy: 'Send data to /datasets, then train.',
  },
  JOB_REFUSED: {
    status: 422,
    title: 'The data do not allow this',
    remedy: 'See the detail; more history may be needed.',
  },
});
