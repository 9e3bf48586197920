import type { Problem } from '@roamgrid/domain';

/** A problem in one of the input files. */
export interface InputProblem {
  readonly file: string;
  readonly code: Problem['code'] | 'FILE_UNREADABLE' | 'JSON_INVALID';
  readonly pointer: string;
  readonly message: string;
}

/** Bad input: everything that is wrong with it. Caught once, in the command. */
export class BadInput extends Error {
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[]) {
    super(problems.map(({ message }) => message).join('; '));
    this.name = 'BadInput';
    this.problems = problems;
  }

  static of(file: string, problems: readonly Problem[]): BadInput {
    return new BadInput(problems.map((problem) => ({ file, ...problem })));
  }
}

/** `cdr.json: /charging_periods/0/start_date_time: this field is required (FIELD_MISSING)` */
export const formatProblem = ({ file, code, pointer, message }: InputProblem): string =>
  `${file}: ${pointer === '' ? '' : `${pointer}: `}${message} (${code})\n`;
