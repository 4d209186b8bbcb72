import type { Terminal } from '@xterm/xterm';
import { copy, paste } from './clipboard.js';
import { onPress } from './elements.js';

// The row of keys that an on-screen keyboard lacks.

type Modifier = 'ctrl' | 'alt';
interface Key { readonly name: string; readonly label?: string; readonly send?: string; readonly cursor?: string; readonly modifier?: Modifier; readonly act?: (terminal: Terminal) => void }

const Keys: readonly Key[] = [
  { name: 'Esc', send: '\x1b' }, { name: 'Tab', send: '\t' }, { name: 'Ctrl', modifier: 'ctrl' }, { name: 'Alt', modifier: 'alt' },
  { name: 'Left', label: '←', cursor: 'D' }, { name: 'Down', label: '↓', cursor: 'B' }, { name: 'Up', label: '↑', cursor: 'A' }, { name: 'Right', label: '→', cursor: 'C' },
  { name: 'Interrupt', label: '^C', send: '\x03' }, { name: '|', send: '|' }, { name: '/', send: '/' }, { name: '-', send: '-' }, { name: '~', send: '~' },
  { name: 'Home', cursor: 'H' }, { name: 'End', cursor: 'F' }, { name: 'Page up', label: 'PgUp', send: '\x1b[5~' }, { name: 'Page down', label: 'PgDn', send: '\x1b[6~' },
  { name: 'Copy', act: terminal => void copy(terminal) }, { name: 'Paste', act: terminal => void paste(terminal) },
];
const RepeatAfter = 400, RepeatEvery = 60;

/** Makes the row; its keys go to the terminal that is active. */
export class KeyRow {
  private readonly held = new Map<Modifier, HTMLButtonElement>();
  private readonly buttons = new Map<Modifier, HTMLButtonElement>();

  constructor(row: HTMLElement, private readonly terminal: () => Terminal | undefined) {
    for (const key of Keys) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = key.label ?? key.name;
      button.setAttribute('aria-label', key.name);
      if (key.modifier !== undefined) {
        button.setAttribute('aria-pressed', 'false');
        this.buttons.set(key.modifier, button);
      }
      onPress(button, () => this.press(key));
      if (key.cursor !== undefined) this.repeat(button, key);
      row.append(button);
    }
  }

  /** What was typed, with the modifiers that are held: for one key, as on a phone nobody presses two. */
  filter(data: string): string {
    // Pasted text and the terminal's own answers are longer than a key.
    if (this.held.size === 0 || [...data].length !== 1) return data;
    const ctrl = this.held.has('ctrl'), alt = this.held.has('alt');
    this.release();
    return (alt ? '\x1b' : '') + (ctrl ? control(data) : data);
  }

  private press(key: Key): void {
    const terminal = this.terminal();
    if (terminal === undefined) return;
    if (key.modifier !== undefined) this.toggle(key.modifier);
    else if (key.act !== undefined) key.act(terminal);
    else if (key.cursor !== undefined) terminal.input(this.cursor(key.cursor, terminal.modes.applicationCursorKeysMode));
    else terminal.input(key.send ?? '');
  }

  // xterm's control sequences: CSI 1 ; 1 + (2 for Alt, 4 for Ctrl) letter; without modifiers by the cursor key mode.
  private cursor(letter: string, application: boolean): string {
    const modifiers = 1 + (this.held.has('alt') ? 2 : 0) + (this.held.has('ctrl') ? 4 : 0);
    this.release();
    return modifiers > 1 ? `\x1b[1;${modifiers}${letter}` : application ? `\x1bO${letter}` : `\x1b[${letter}`;
  }

  private repeat(button: HTMLButtonElement, key: Key): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (): void => { this.press(key); timer = setTimeout(again, RepeatEvery); };
    button.addEventListener('pointerdown', () => { clearTimeout(timer); timer = setTimeout(again, RepeatAfter); });
    for (const end of ['pointerup', 'pointercancel', 'pointerleave']) button.addEventListener(end, () => clearTimeout(timer));
  }

  private toggle(modifier: Modifier): void {
    const button = this.buttons.get(modifier);
    if (button === undefined) return;
    if (!this.held.delete(modifier)) this.held.set(modifier, button);
    button.setAttribute('aria-pressed', String(this.held.has(modifier)));
  }

  private release(): void { for (const modifier of [...this.held.keys()]) this.toggle(modifier); }
}

// ASCII's control characters are those of the column @ to _, whose letters have no case; DEL is ^?.
function control(key: string): string {
  const code = key.toUpperCase().charCodeAt(0);
  return key === ' ' ? '\0' : key === '?' ? '\x7f' : code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : key;
}
