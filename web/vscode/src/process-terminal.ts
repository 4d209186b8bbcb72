import * as vscode from 'vscode';
import type { TerminalLike } from '../../runtime/src/index.js';

/** What a terminal types to. */
export interface TerminalProcess { write(input: string): void; resize(columns: number, rows: number): void }

const KeptOutput = 65536;

/** A process's terminal. It can be shown again after it was closed: the last output is kept. */
export class ProcessTerminal implements vscode.Pseudoterminal, TerminalLike {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly ended = new vscode.EventEmitter<number | void>();
  // A character's bytes may come in two pieces.
  private readonly decoder = new TextDecoder();
  private process: TerminalProcess | undefined;
  private kept = '';
  private shown = false;
  private over = false;
  private typed = false;
  /** The status of a process whose output is still to be read. */
  private waiting: number | undefined;
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.ended.event;
  cols = 80;
  rows = 24;

  /** @param start called once, when the terminal is there and its size is known; @param closed called when the user closes it */
  constructor(private readonly start: (terminal: ProcessTerminal) => TerminalProcess | undefined, private readonly closed: (terminal: ProcessTerminal) => void) {}

  /** Makes a terminal of the window's for it. */
  show(): void {
    if (!this.over) vscode.window.createTerminal(this.options).show();
  }

  get options(): vscode.ExtensionTerminalOptions { return { name: 'Container', iconPath: new vscode.ThemeIcon('package'), pty: this }; }

  open(size: vscode.TerminalDimensions | undefined): void {
    if (size !== undefined) this.setDimensions(size);
    this.shown = true;
    if (this.kept !== '') this.written.fire(this.kept);
    this.process ??= this.start(this);
  }

  close(): void {
    this.shown = false;
    if (!this.over) this.closed(this);
  }

  handleInput(data: string): void {
    if (this.waiting !== undefined) return this.ended.fire(this.waiting);
    this.typed = true;
    this.process?.write(data);
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.cols = size.columns;
    this.rows = size.rows;
    this.process?.resize(size.columns, size.rows);
  }

  write(bytes: Uint8Array): void { this.say(this.decoder.decode(bytes, { stream: true })); }

  /** Shows text of ours. */
  say(text: string): void {
    this.kept = (this.kept + text).slice(-KeptOutput);
    if (this.shown) this.written.fire(text);
  }

  /**
   * The process has ended: the terminal goes. But where nobody typed (a program that was run for its output) and nobody stopped it,
   * what it said would be gone before it was read: there it goes with the next key.
   */
  end(status: number, stopped: boolean): void {
    this.over = true;
    if (this.typed || stopped || this.kept === '') return this.ended.fire(status);
    this.say(`\r\n\x1b[2m[ended with status ${status}; a key closes this terminal]\x1b[0m\r\n`);
    this.waiting = status;
  }

  /** The process could not be run: the terminal stays to be read. */
  fail(message: string): void {
    this.over = true;
    this.say(`\r\n\x1b[31m${message}\x1b[0m\r\n`);
  }
}
