import { h } from '../shared/dom.ts';
import { wordsOf } from '../shared/load.ts';
import { trustedFacts, verdictOf, verifyText } from './proof.ts';
import { checkpointGiven, giveCheckpoint } from './trust.ts';

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
  const trust = h('div', { class: 'answer', id: 'trusted' });
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
  const takeCheckpoint = async (name: string, text: string): Promise<void> => {
    try {
      await giveCheckpoint(name, text);
      showTrust();
    } catch (error) {
      trust.replaceChildren(bad(`✗ ${wordsOf(error)}`));
    }
  };
  const takeBundle = async (text: string): Promise<void> => {
    const given = checkpointGiven();
    if (given === undefined) {
      answer.replaceChildren(bad('✗ Give the checkpoint first: it says what is trusted.'));
      return;
    }
    answer.replaceChildren(h('p', { class: 'lead pulse' }, 'Verifying …'));
    answer.replaceChildren(...verdictOf(await verifyText(text, given)));
  };
  // Whoever drops a file on the other place means it all the same.
  const take = (file: File): void => {
    const work = async (): Promise<void> => {
      const text = await file.text();
      await (isCheckpoint(text) ? takeCheckpoint(file.name, text) : takeBundle(text));
    };
    work().catch((error: unknown) => {
      answer.replaceChildren(bad(`✗ ${wordsOf(error)}`));
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
      fileZone('checkpoint', 'Checkpoint', take),
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
      fileZone('bundle', 'Bundle', take),
      answer,
    ),
  ];
  return { content, said: 'Verify files' };
}
