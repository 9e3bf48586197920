import { h } from '../shared/dom.ts';
import { wordsOf } from '../shared/load.ts';
import { trustedFacts, verdictOf, verifyText } from './proof.ts';
import { checkpointGiven, readCheckpoint, trustThis, type Given } from './trust.ts';

/** Files that the auditor has: a checkpoint, which is what he trusts, and bundles. Nobody is asked. */

const isCheckpoint = (text: string): boolean => text.includes('"format":"roamgrid-checkpoint"');

/** A place to drop a file on, with a button for those who do not drag. */
function fileZone(id: string, label: string, take: (file: File) => void): HTMLElement {
  const input = h('input', {
    id,
    type: 'file',
    accept: '.json,application/json',
    onchange: () => {
      const [file] = input.files ?? [];
      if (file !== undefined) take(file);
      // The same file again is a new question.
      input.value = '';
    },
  });
  const zone = h(
    'div',
    {
      class: 'drop',
      ondragover: (event) => {
        event.preventDefault();
        zone.classList.add('over');
      },
      ondragleave: () => {
        zone.classList.remove('over');
      },
      ondrop: (event) => {
        event.preventDefault();
        zone.classList.remove('over');
        const [file] = (event as DragEvent).dataTransfer?.files ?? [];
        if (file !== undefined) take(file);
      },
    },
    h('label', { for: id }, label),
    input,
    h('p', { class: 'lead' }, 'or drop it here'),
  );
  return zone;
}

export function verifyScreen(): { readonly content: HTMLElement[]; readonly said: string } {
  const trust = h('div', { class: 'answer', id: 'trusted', tabindex: '-1' });
  const answer = h('div', { class: 'answer' });
  const bad = (text: string) => h('p', { class: 'verdict bad', role: 'alert' }, text);
  const showTrust = (): void => {
    const given = checkpointGiven();
    trust.replaceChildren(
      ...(given === undefined
        ? [h('p', {}, 'None yet. Without one nothing can be said of a bundle.')]
        : [h('p', { class: 'good' }, `✓ ${given.name}`), ...trustedFacts(given.trusted)]),
    );
  };
  const trustFrom = (read: Given): void => {
    trustThis(read);
    showTrust();
  };
  /** The answer is given: its buttons are gone, and what is trusted now has the focus. */
  const settled = (): void => {
    showTrust();
    trust.focus();
  };
  /** What is trusted already is not replaced by a slip of the hand. */
  const askFirst = (read: Given, before: Given): void => {
    const keep = h('button', { type: 'button', onclick: settled }, `Keep ${before.name}`);
    const replace = h(
      'button',
      {
        type: 'button',
        class: 'primary',
        onclick: () => {
          trustThis(read);
          settled();
        },
      },
      `Trust ${read.name} instead`,
    );
    trust.replaceChildren(
      h('p', { role: 'alert' }, `You trust ${before.name}. Is ${read.name} to take its place?`),
      ...trustedFacts(read.trusted),
      h('div', { class: 'row' }, keep, replace),
    );
    keep.focus();
  };
  const takeCheckpoint = async (name: string, text: string): Promise<void> => {
    try {
      const read = await readCheckpoint(name, text);
      const before = checkpointGiven();
      if (before === undefined || before.text === read.text) trustFrom(read);
      else askFirst(read, before);
    } catch (error) {
      trust.replaceChildren(bad(`✗ ${wordsOf(error)}`));
    }
  };
  const takeBundle = async (_name: string, text: string): Promise<void> => {
    if (isCheckpoint(text)) {
      // Whoever sends a bundle could send what is to be trusted along with it.
      answer.replaceChildren(bad('✗ This is a checkpoint. If you trust where it comes from, give it above.'));
      return;
    }
    const given = checkpointGiven();
    if (given === undefined) {
      answer.replaceChildren(bad('✗ Give the checkpoint first: it says what is trusted.'));
      return;
    }
    answer.replaceChildren(h('p', { class: 'lead pulse' }, 'Verifying …'));
    answer.replaceChildren(...verdictOf(await verifyText(text, given)));
  };
  const into =
    (place: HTMLElement, take: (name: string, text: string) => Promise<void>) =>
    (file: File): void => {
      const work = async (): Promise<void> => take(file.name, await file.text());
      work().catch((error: unknown) => {
        place.replaceChildren(bad(`✗ ${wordsOf(error)}`));
      });
    };
  showTrust();
  const content = [
    h('h1', {}, 'Verify files'),
    h(
      'p',
      { class: 'lead' },
      'A bill is proven here from its bundle, by the blocks that ordering nodes and peers signed. Nothing leaves this page and nobody is asked.',
    ),
    h(
      'section',
      { class: 'card' },
      h('h2', {}, 'What you trust'),
      fileZone('checkpoint', 'Checkpoint', into(trust, takeCheckpoint)),
      trust,
      h(
        'p',
        { class: 'lead' },
        'Compare the thumbprints with what the utilities publish of themselves. They are the only thing that is trusted.',
      ),
    ),
    h(
      'section',
      { class: 'card' },
      h('h2', {}, 'What is to be proven'),
      fileZone('bundle', 'Bundle', into(answer, takeBundle)),
      answer,
    ),
  ];
  return { content, said: 'Verify files' };
}
