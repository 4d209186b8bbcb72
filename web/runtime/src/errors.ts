/** What went wrong, for programs; the message says it for people, with what to do. */
export type ErrorCode =
  | 'not-found' // the server has no such file
  | 'network' // no answer: no network, or refused by CORS
  | 'format' // not an out.wasm, or one of another format
  | 'truncated' // fewer bytes than promised
  | 'digest' // bytes that are not those that were converted
  | 'unsupported' // the browser lacks something
  | 'out-of-memory'
  | 'guest' // the machine failed or crashed
  | 'settings' // the guest refused how the process was to be started
  | 'cancelled';

/** Every failure of this package. */
export class GantryError extends Error {
  constructor(readonly code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GantryError';
  }

  /** Wraps whatever was thrown. */
  static of(error: unknown): GantryError {
    if (error instanceof GantryError) return error;
    if (error instanceof DOMException && error.name === 'AbortError') return new GantryError('cancelled', 'The start was cancelled.', error);
    if (error instanceof WebAssembly.RuntimeError) return new GantryError('guest', `The machine stopped by a fault of its own (${error.message}). Please report it with the log.`, error);
    if (error instanceof RangeError && /memory|allocat/i.test(error.message)) {
      return new GantryError('out-of-memory', 'The browser has no memory left for the machine. Close other tabs, or convert with less --memory.', error);
    }
    return new GantryError('guest', error instanceof Error ? error.message : String(error), error);
  }
}
