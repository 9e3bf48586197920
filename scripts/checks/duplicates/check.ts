import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, Problem } from '../problem.ts';
import { sourcesOf, workspacesOf } from '../workspaces.ts';

/**
 * The auditor's model shares no code with what it judges: a fault that was copied with the code would be found by neither.
 * What is compared is lines of code as they read without layout and comments.
 */
const INDEPENDENT = 'auditor';
const OF = ['domain', 'chaincode', 'wire', 'gateway'];

/** So many lines in a row are no accident. */
const BLOCK_LINES = 10;

interface Line {
  readonly text: string;
  /** In the file, from 1. */
  readonly number: number;
}

const isCode = (text: string): boolean => !/^(?:$|\/\/|\/\*|\*|import |} from |export \* )/.test(text);

const linesOf = (path: string): readonly Line[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .map((line, index) => ({ text: line.replace(/\s+/g, ' ').trim(), number: index + 1 }))
    .filter(({ text }) => isCode(text));

/** Each run of ten lines, as one text. */
const blocksOf = (lines: readonly Line[]): readonly (readonly [block: string, first: Line])[] =>
  lines.slice(0, Math.max(0, lines.length - BLOCK_LINES + 1)).map((first, at) => [
    lines
      .slice(at, at + BLOCK_LINES)
      .map(({ text }) => text)
      .join('\n'),
    first,
  ]);

/** Finds blocks of ten lines that the auditor has in common with what it judges. */
export const checkDuplicates = (root: string): Outcome => {
  const judged = new Map<string, string>();
  for (const file of sourcesOf(
    root,
    workspacesOf(root).filter((part) => OF.includes(part)),
  ))
    for (const [block, { number }] of blocksOf(linesOf(join(root, file))))
      judged.set(block, `${file}:${number}`);
  const problems: Problem[] = [];
  const own = sourcesOf(root, [INDEPENDENT]);
  for (const file of own) {
    for (const [block, { number }] of blocksOf(linesOf(join(root, file)))) {
      const other = judged.get(block);
      if (other === undefined) continue;
      const message = `${BLOCK_LINES} lines stand in ${other}, too: the auditor has a model of its own`;
      problems.push({ file, line: number, rule: 'shared-block', message });
      // One problem a file says enough: the blocks after it begin a line later.
      break;
    }
  }
  return { covered: `${own.length} files of ${INDEPENDENT}`, problems };
};
