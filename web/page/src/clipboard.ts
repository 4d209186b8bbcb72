import { ClipboardAddon } from '@xterm/addon-clipboard';
import type { Terminal } from '@xterm/xterm';

/** Programs may set the clipboard (OSC 52), as in other terminals. What is in it they are not told: it may be a password for another page. */
export const clipboardAddon = (): ClipboardAddon => new ClipboardAddon(undefined, { readText: () => '', writeText: (_, text) => write(text) });

/** Copies what is selected, or without a selection what is seen. */
export async function copy(terminal: Terminal): Promise<void> {
  await write(terminal.hasSelection() ? terminal.getSelection() : visibleText(terminal));
}

/** Types what is in the clipboard; the browser may ask the user first. */
export async function paste(terminal: Terminal): Promise<void> {
  const text = await navigator.clipboard?.readText().catch(() => '') ?? '';
  if (text !== '') terminal.paste(text);
}

async function write(text: string): Promise<void> {
  // Refused without a secure context or the user's leave: then there is nothing to be done.
  await navigator.clipboard?.writeText(text).catch((error: unknown) => console.warn('the clipboard was refused', error));
}

function visibleText({ buffer: { active }, rows }: Terminal): string {
  const lines = Array.from({ length: rows }, (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '');
  return lines.join('\n').trimEnd();
}
