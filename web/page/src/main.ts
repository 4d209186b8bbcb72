import { ClipboardAddon } from '@xterm/addon-clipboard';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import type { ITheme } from '@xterm/xterm';
import { Terminal } from '@xterm/xterm';
import type { Progress } from '../../runtime/src/index.js';
import { Container } from '../../runtime/src/index.js';
import './main.css';

// A page with one container. Its address says which: ?image=URL (default out.wasm beside the page), &arg=… and &env=NAME=value (repeated).

const byId = <T extends HTMLElement>(id: string, kind: new () => T): T => {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${id}`);
  return element;
};
const status = byId('status', HTMLElement), progressBar = byId('progress', HTMLProgressElement);
const restart = byId('restart', HTMLButtonElement), interrupt = byId('interrupt', HTMLButtonElement);
const parameters = new URLSearchParams(location.search);
const image = new URL(parameters.get('image') ?? document.querySelector<HTMLMetaElement>('meta[name=gantry-image]')?.content ?? 'out.wasm', location.href);

const light = matchMedia('(prefers-color-scheme: light)');
const theme = (): ITheme => light.matches
  ? { background: '#ffffff', foreground: '#1f1f1f', cursor: '#1f1f1f', selectionBackground: '#add6ff' }
  : { background: '#1e1e1e', foreground: '#d4d4d4' };
const terminal = new Terminal({ theme: theme(), fontSize: innerWidth < 600 ? 12 : 14, scrollback: 10_000, cursorBlink: true });
light.addEventListener('change', () => { terminal.options.theme = theme(); });
const fit = new FitAddon(), search = new SearchAddon();
for (const addon of [fit, search, new WebLinksAddon(), new ClipboardAddon()]) terminal.loadAddon(addon);
terminal.open(byId('terminal', HTMLElement));
fit.fit();
new ResizeObserver(() => fit.fit()).observe(byId('terminal', HTMLElement));
terminal.focus();

let container: Container | undefined;
terminal.onData(data => container?.write(data));
terminal.onBinary(data => container?.write(Uint8Array.from(data, character => character.charCodeAt(0))));
terminal.onResize(({ cols, rows }) => container?.resize(cols, rows));
interrupt.addEventListener('click', () => { container?.write('\x03'); terminal.focus(); });
restart.addEventListener('click', start);
terminal.attachCustomKeyEventHandler(event => {
  if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey || event.code !== 'KeyF') return true;
  const text = prompt('Find');
  if (text !== null) search.findPrevious(text);
  return false;
});

function say(state: 'loading' | 'running' | 'ended' | 'failed', text: string): void {
  status.dataset['state'] = state;
  status.textContent = text;
  progressBar.hidden = state !== 'loading';
  restart.hidden = state === 'loading' || state === 'running';
}

function show({ phase, bytes, total }: Progress): void {
  if (status.dataset['state'] !== 'loading') return;
  if (total === undefined) progressBar.removeAttribute('value');
  else progressBar.value = Math.min(1, bytes / Math.max(1, total));
  say('loading', phase === 'starting' ? 'starting' : `loading ${(bytes / 1e6).toFixed(1)} MB`);
}

function start(): void {
  say('loading', 'loading');
  terminal.focus();
  const args = parameters.getAll('arg');
  const env = parameters.getAll('env').map(variable => [variable.split('=', 1)[0] ?? '', variable.slice(variable.indexOf('=') + 1)] as const);
  container = Container.start({
    image, terminal, ...(args.length > 0 && { args }), env: Object.fromEntries(env),
    onProgress: show, onStarted: () => say('running', 'running'), onLog: text => console.debug(text),
  });
  container.exit.then(({ status: code }) => {
    say('ended', `ended with status ${code}`);
    terminal.write(`\r\n[ended with status ${code}]\r\n`);
  }, (error: unknown) => {
    say('failed', error instanceof Error ? error.message : String(error));
  });
}

start();
