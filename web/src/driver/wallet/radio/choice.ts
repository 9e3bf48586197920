import { h } from '../../../shared/dom.ts';
import { find, whyOf } from '../../../shared/load.ts';
import { chosen, labelled, type Choice } from '../../fields.ts';
import { speech } from '../../words/speech.ts';
import type { KeptToken } from '../kept.ts';
import { tokenButtonId } from '../taps.ts';
import { tagReader } from './nfc.ts';
import type { Radio } from './radio.ts';

/** The tag that says which outlet this is leads to the token for it. */
const readTag = async (read: () => Promise<string>, tokens: readonly KeptToken[]): Promise<void> => {
  const { tap: words } = speech().words.wallet;
  try {
    const evseId = await read();
    const token = tokens.find((each) => each.evseId === evseId && each.state === 'open');
    find('announce').textContent = token === undefined ? words.noToken(evseId) : words.tagRead(evseId);
    if (token !== undefined) document.getElementById(tokenButtonId(token.tokenId))?.focus();
  } catch (error) {
    find('announce').textContent = whyOf(error).textContent;
  }
};

/** Which radio, where there are several; and the reader of tags, where the browser has one. */
export const radioChoice = (
  radios: readonly Radio[],
  radio: Radio | undefined,
  tokens: readonly KeptToken[],
  choose: (radio: Radio | undefined) => void,
): readonly HTMLElement[] => {
  const { tap: words } = speech().words.wallet;
  const kinds = radios.map(({ kind }): Choice => [kind, words.radios[kind]]);
  const select = chosen('radio', kinds, radio?.kind ?? '', (value) => {
    choose(radios.find(({ kind }) => kind === value));
  });
  const read = tagReader();
  return [
    ...(kinds.length > 1 ? [labelled(words.radio, select)] : []),
    ...(read === undefined
      ? []
      : [h('button', { type: 'button', onclick: () => void readTag(read, tokens) }, words.tag)]),
  ];
};
