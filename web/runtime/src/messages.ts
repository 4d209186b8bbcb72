import type { ErrorCode } from './errors.js';
import type { InitialFile } from './control.js';
import type { FileReply, FileRequest } from './files/file-server.js';

// What the page and the worker tell each other. Processes have numbers of the page's: 0 the container's own, others those of `exec`.

/** How far a start is. */
export interface Progress {
  readonly phase: 'index' | 'engine' | 'memory' | 'starting';
  /** Bytes that came over the network so far. */
  readonly bytes: number;
  /** Bytes needed before the container starts; undefined until the index is there. */
  readonly total: number | undefined;
}

/** Figures of a container. */
export interface Statistics {
  readonly instructions: number; readonly idleSeconds: number; readonly downloadedBytes: number; readonly diskFetches: number; readonly chunksFromCache: number; readonly memoryBytes: number;
  readonly translation: TranslationFigures;
}

/** What has been translated: pieces of guest code that run now and bytes of their functions, pieces given up, modules and their bytes so far. */
export interface TranslationFigures { readonly regions: number; readonly codeBytes: number; readonly regionsDropped: number; readonly modules: number; readonly totalBytes: number }

export interface Window { readonly columns: number; readonly rows: number }

/** What a process starts with; of what is undefined the image has its own. */
export interface ProcessSettings {
  readonly args: readonly string[]; readonly env: readonly string[]; readonly workdir: string | undefined; readonly user: string | undefined;
  readonly terminal: boolean; readonly window: Window;
}

/** Everything that is decided before the start. */
export interface StartSettings extends Omit<ProcessSettings, 'args'> {
  readonly args: readonly string[] | undefined; readonly files: readonly InitialFile[];
  readonly memory: number | undefined; readonly translate: boolean;
  readonly mounts: readonly { readonly path: string; readonly readOnly: boolean }[];
}

export type ToWorker =
  | { readonly type: 'start'; readonly image: string | Uint8Array<ArrayBuffer>; readonly settings: StartSettings }
  | { readonly type: 'exec'; readonly process: number; readonly settings: ProcessSettings }
  | { readonly type: 'input'; readonly process: number; readonly bytes: Uint8Array }
  | { readonly type: 'closeInput'; readonly process: number }
  | { readonly type: 'resize'; readonly process: number; readonly window: Window }
  | { readonly type: 'signal'; readonly process: number; readonly signal: number }
  | { readonly type: 'outputTaken'; readonly process: number; readonly bytes: number }
  | { readonly type: 'shutdown'; readonly grace: number }
  | { readonly type: 'filesChanged' }
  | { readonly type: 'fileReply'; readonly slot: number; readonly reply: FileReply }
  | { readonly type: 'statistics' };

export type FromWorker =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'started'; readonly process: number }
  | { readonly type: 'processExit'; readonly process: number; readonly status: number; readonly signal: number }
  | { readonly type: 'processFailed'; readonly process: number; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'output'; readonly process: number; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'file'; readonly slot: number; readonly mount: number; readonly request: FileRequest }
  | { readonly type: 'statistics'; readonly statistics: Statistics }
  | { readonly type: 'exit'; readonly status: number; readonly signal: number }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

/** The other side; a Worker and a MessagePort both are one. */
export interface Endpoint<TSent, TReceived> {
  postMessage(message: TSent, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<TReceived>) => void) | null;
}
