import type { AuthorizeAnswer, AuthorizeAsk, StationDesk, TransactionAnswer } from '../model/station-desk.ts';
import type { BootReport, StatusReport, TransactionReport } from '../model/reports.ts';

type Of<T> = { readonly stationId: string } & T;

/** A desk that writes down what it is told and decides as the test says. */
export const createRecordingDesk = () => {
  const heard = {
    booted: [] as Of<{ readonly report: BootReport }>[],
    statuses: [] as Of<{ readonly report: StatusReport }>[],
    asks: [] as Of<{ readonly ask: AuthorizeAsk }>[],
    transactions: [] as Of<{ readonly report: TransactionReport }>[],
  };
  let number = 0;
  const answers = {
    authorize: (_ask: AuthorizeAsk): Promise<AuthorizeAnswer> =>
      Promise.resolve({ status: 'accepted', texts: [] }),
    transaction: (report: TransactionReport): Promise<TransactionAnswer> => {
      if (report.phase === 'began') number += 1;
      const status = report.token === undefined ? {} : { status: 'accepted' as const };
      return Promise.resolve({ ...(report.phase === 'began' ? { number } : {}), ...status, texts: [] });
    },
  };
  const desk: StationDesk = {
    booted: (stationId, report) => {
      heard.booted.push({ stationId, report });
      return Promise.resolve();
    },
    statusChanged: (stationId, report) => {
      heard.statuses.push({ stationId, report });
      return Promise.resolve();
    },
    authorize: (stationId, ask) => {
      heard.asks.push({ stationId, ask });
      return answers.authorize(ask);
    },
    transaction: (stationId, report) => {
      heard.transactions.push({ stationId, report });
      return answers.transaction(report);
    },
  };
  return { desk, heard, answers };
};
