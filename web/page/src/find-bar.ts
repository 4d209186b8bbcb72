import type { ISearchOptions } from '@xterm/addon-search';
import { byId } from './elements.js';
import type { Pane } from './pane.js';
import { matchColors } from './theme.js';

/** The search bar, for the pane that is active when it opens or is searched. */
export class FindBar {
  private readonly bar = byId('find-bar', HTMLFormElement);
  private readonly text = byId('find-text', HTMLInputElement);
  private readonly count = byId('find-count', HTMLOutputElement);
  private readonly toggles = [byId('find-case', HTMLButtonElement), byId('find-pattern', HTMLButtonElement)] as const;
  private readonly watched = new WeakSet<Pane>();
  private last: Pane | undefined;
  private invalid = false;

  constructor(private readonly pane: () => Pane | undefined) {
    this.text.addEventListener('input', () => this.fromBelow());
    this.text.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.close();
      else if (event.key === 'Enter' && event.shiftKey) this.find('next');
      else return;
      event.preventDefault();
    });
    this.bar.addEventListener('submit', event => { event.preventDefault(); this.find('previous'); });
    byId('find-next', HTMLButtonElement).addEventListener('click', () => this.find('next'));
    byId('find-close', HTMLButtonElement).addEventListener('click', () => this.close());
    for (const toggle of this.toggles) {
      toggle.addEventListener('click', () => {
        toggle.setAttribute('aria-pressed', String(toggle.getAttribute('aria-pressed') !== 'true'));
        this.fromBelow();
      });
    }
  }

  /** Shows the bar, with what is selected if that is a word or two. */
  open(): void {
    const selected = this.pane()?.terminal.getSelection() ?? '';
    if (selected !== '' && !selected.includes('\n')) this.text.value = selected;
    this.bar.hidden = false;
    this.text.focus();
    this.text.select();
    this.fromBelow();
  }

  close(): void {
    this.bar.hidden = true;
    this.last?.search.clearDecorations();
    this.pane()?.focus();
  }

  // What was typed changed: the latest place first, as one looks for something that scrolled away.
  private fromBelow(): void {
    this.pane()?.terminal.clearSelection();
    // The addon does not see by itself that only the options are others.
    this.pane()?.search.clearDecorations();
    this.find('previous');
  }

  private find(direction: 'previous' | 'next'): void {
    const pane = this.pane(), [matchCase, pattern] = this.toggles.map(toggle => toggle.getAttribute('aria-pressed') === 'true');
    if (pane === undefined) return;
    if (this.last !== pane) this.last?.search.clearDecorations();
    this.last = pane;
    this.watch(pane);
    this.count.textContent = '';
    this.invalid = false;
    if (this.text.value === '') return pane.search.clearDecorations();
    const options: ISearchOptions = { caseSensitive: matchCase ?? false, regex: pattern ?? false, decorations: matchColors() };
    try {
      const found = direction === 'next' ? pane.search.findNext(this.text.value, options) : pane.search.findPrevious(this.text.value, options);
      if (!found) this.count.textContent = 'nothing';
    } catch (error) {
      // A pattern that is not finished, most of the time.
      if (!(error instanceof SyntaxError)) throw error;
      this.invalid = true;
      this.count.textContent = 'not a pattern';
    }
  }

  private watch(pane: Pane): void {
    if (this.watched.has(pane)) return;
    this.watched.add(pane);
    pane.search.onDidChangeResults(({ resultIndex, resultCount }) => {
      // 200 ms behind output the addon looks for its last text again, even if it has none since a search that failed.
      if (pane !== this.pane() || this.text.value === '' || this.invalid) return;
      this.count.textContent = resultCount === 0 ? 'nothing' : resultIndex < 0 ? `${resultCount} or more` : `${resultIndex + 1} of ${resultCount}`;
    });
  }
}
