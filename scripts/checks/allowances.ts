import type ts from 'typescript';
import type { Problem } from './problem.ts';

/**
 * Exceptions from a check, written where they hold, each with its reason:
 * `// check-allow <rule>: <why this place is right>` at the end of the line or alone on the line above it.
 * An exception that excuses nothing, or has no reason, is a problem itself.
 */
interface Allowance {
  readonly rule: string;
  readonly reason: string;
  /** The comment's own line, from 1. */
  readonly line: number;
  /** The line that it excuses. */
  readonly excuses: number;
}

const COMMENT = /\/\/ check-allow ([\w-]+)(?::\s*(.*))?$/;

/** A reason is a few words, not a mark. */
const MIN_REASON_LENGTH = 15;

const allowancesOf = (file: ts.SourceFile): readonly Allowance[] =>
  file.text.split('\n').flatMap((text, index): readonly Allowance[] => {
    const [whole, rule, reason = ''] = COMMENT.exec(text.trimEnd()) ?? [];
    if (whole === undefined || rule === undefined) return [];
    const line = index + 1;
    const alone = text.trim() === whole;
    return [{ rule, reason: reason.trim(), line, excuses: alone ? line + 1 : line }];
  });

/** Takes the excused problems out and adds those of the excuses, for the rules that this check has. */
export const applyAllowances = (
  path: string,
  file: ts.SourceFile,
  rules: readonly string[],
  problems: readonly Problem[],
): readonly Problem[] => {
  const allowances = allowancesOf(file).filter(({ rule }) => rules.includes(rule));
  const excuses = ({ rule, excuses: line }: Allowance, problem: Problem): boolean =>
    problem.rule === rule && problem.line === line;
  const reasoned = allowances.filter(({ reason }) => reason.length >= MIN_REASON_LENGTH);
  const unexcused = problems.filter((problem) => !reasoned.some((allowance) => excuses(allowance, problem)));
  const wrong = allowances.flatMap((allowance): readonly Problem[] => {
    const at = { file: path, line: allowance.line, rule: 'check-allow' };
    if (!reasoned.includes(allowance)) {
      return [
        { ...at, message: `say why ${allowance.rule} is right here: // check-allow ${allowance.rule}: why` },
      ];
    }
    if (problems.some((problem) => excuses(allowance, problem))) return [];
    return [{ ...at, message: `there is nothing to allow: remove the exception from ${allowance.rule}` }];
  });
  return [...unexcused, ...wrong];
};
