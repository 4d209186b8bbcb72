import type { TerminalLike } from './process.js';

/** What is needed of the Terminal of xterm.js. */
export interface XtermLike { readonly cols: number; readonly rows: number; write(bytes: Uint8Array, taken?: () => void): void }

const AheadOfHidden = 8 << 20;

/** xterm.js as a container's terminal: the guest waits while the screen is behind, so that Ctrl-C is seen at once and no queue grows. */
export function xterm(terminal: XtermLike): TerminalLike {
  let queued = 0;
  return {
    get cols() { return terminal.cols; },
    get rows() { return terminal.rows; },
    write(bytes: Uint8Array): void | Promise<void> {
      const { length } = bytes;
      queued += length;
      const taken = new Promise<void>(resolve => terminal.write(bytes, () => { queued -= length; resolve(); }));
      // The timers by which xterm works come once a second or less in a hidden tab: a build that prints much must not wait for them.
      return globalThis.document?.hidden === true && queued < AheadOfHidden ? undefined : taken;
    },
  };
}
