import { Option } from 'commander';

/** An option whose default is an exact integer, which help texts cannot print: they show it as it would be typed. */
export const exactOption = (
  flags: string,
  description: string,
  parse: (text: string) => unknown,
  usual: string,
): Option => new Option(flags, description).argParser(parse).default(parse(usual), usual);
