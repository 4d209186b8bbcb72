import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import type { ExitStatus, Progress, TerminalLike } from '../../runtime/src/index.js';
import { xterm } from '../../runtime/src/index.js';
import { clipboardAddon, copy } from './clipboard.js';
import { fromTemplate, within } from './elements.js';
import { appearance, onThemeChange } from './theme.js';

/** What runs in a pane: a container, or another process in one. */
export interface Running {
  write(input: Uint8Array | string): void;
  resize(columns: number, rows: number): void;
  readonly exit: Promise<ExitStatus>;
  /** Ends it. */
  close(): void;
}

/** Starts what a pane shows; called again by its restart button. */
export type Launch = (terminal: TerminalLike, onProgress: (progress: Progress) => void, onStarted: () => void) => Running;

export type PaneState = 'loading' | 'running' | 'ended' | 'failed';

/** What a pane tells the page. */
export interface PaneEvents {
  /** State or title are others. */
  readonly onChange: () => void;
  readonly onFocus: () => void;
  readonly onFind: () => void;
  /** Keys on their way to the container, which the row of keys may change. */
  readonly filter: (data: string) => string;
}

const Scrollback = 10_000, LongestTitle = 60;

/** A terminal with its status line. */
export class Pane {
  readonly element = fromTemplate('pane');
  readonly terminal = new Terminal({ ...appearance(), scrollback: Scrollback, cursorBlink: false, allowProposedApi: true });
  readonly search = new SearchAddon();
  state: PaneState = 'loading';
  private readonly fitting = new FitAddon();
  private readonly status = within(this.element, '.status', HTMLElement);
  private readonly progress = within(this.element, 'progress', HTMLProgressElement);
  private readonly restart = within(this.element, '.restart', HTMLButtonElement);
  private readonly screen = within(this.element, '.terminal', HTMLElement);
  private readonly resizing = new ResizeObserver(() => this.fitting.fit());
  private running: Running | undefined;

  constructor(public title: string, parent: HTMLElement, private readonly launch: Launch, private readonly events: PaneEvents) {
    const { terminal } = this;
    parent.append(this.element);
    for (const addon of [this.fitting, this.search, new WebLinksAddon(), clipboardAddon()]) terminal.loadAddon(addon);
    terminal.open(this.screen);
    this.fitting.fit();
    this.resizing.observe(this.screen);
    terminal.onData(data => this.running?.write(events.filter(data)));
    terminal.onBinary(data => this.running?.write(Uint8Array.from(data, character => character.charCodeAt(0))));
    terminal.onResize(({ cols, rows }) => this.running?.resize(cols, rows));
    terminal.onTitleChange(given => {
      if (given.trim() === '') return;
      this.title = given.trim().slice(0, LongestTitle);
      events.onChange();
    });
    terminal.attachCustomKeyEventHandler(event => this.onKey(event));
    onThemeChange(() => { terminal.options = appearance(); });
    this.element.addEventListener('focusin', events.onFocus);
    this.element.addEventListener('pointerdown', events.onFocus);
    this.restart.addEventListener('click', () => this.start());
  }

  /** Starts it, also again. */
  start(): void {
    this.say('loading', 'loading');
    this.terminal.focus();
    // A restart must not hear of the one before.
    const current = (act: () => void): void => { if (this.running === running) act(); };
    const running: Running = this.launch(xterm(this.terminal), progress => this.show(progress), () => this.say('running', 'running'));
    this.running = running;
    running.exit.then(({ status }) => current(() => {
      this.say('ended', `ended with status ${status}`);
      this.terminal.write(`\r\n[ended with status ${status}]\r\n`);
    }), (error: unknown) => current(() => this.say('failed', error instanceof Error ? error.message : String(error))));
  }

  focus(): void { this.terminal.focus(); }

  /** Ends what runs and goes away. */
  close(): void {
    const { running } = this;
    this.running = undefined;
    running?.close();
    this.resizing.disconnect();
    this.element.remove();
    this.terminal.dispose();
  }

  private show({ phase, bytes, total }: Progress): void {
    if (this.state !== 'loading') return;
    if (total === undefined) this.progress.removeAttribute('value');
    else this.progress.value = Math.min(1, bytes / Math.max(1, total));
    this.say('loading', phase === 'starting' ? 'starting' : `loading ${(bytes / 1e6).toFixed(1)} MB`);
  }

  private say(state: PaneState, text: string): void {
    const changed = state !== this.state;
    this.state = state;
    this.element.dataset['state'] = state;
    this.status.textContent = text;
    this.progress.hidden = state !== 'loading';
    this.restart.hidden = state === 'loading' || state === 'running';
    if (changed) this.events.onChange();
  }

  // Copying is the terminal's; pasting by Ctrl-Shift-V and Shift-Insert is the browser's, which needs no leave for it.
  private onKey(event: KeyboardEvent): boolean {
    const shortcut = event.ctrlKey && event.shiftKey && !event.altKey;
    if (shortcut && event.code === 'KeyV') return false;
    const act = shortcut && event.code === 'KeyF' ? this.events.onFind
      : (shortcut && event.code === 'KeyC') || (event.ctrlKey && event.code === 'Insert') ? () => { if (this.terminal.hasSelection()) void copy(this.terminal); }
      : undefined;
    if (act === undefined) return true;
    // Of the browser's own they are shortcuts, too.
    event.preventDefault();
    if (event.type === 'keydown') act();
    return false;
  }
}
