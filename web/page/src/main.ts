import type { Progress, TerminalLike } from '../../runtime/src/index.js';
import { Container } from '../../runtime/src/index.js';
import { byId, fromTemplate, onPress, within } from './elements.js';
import { FindBar } from './find-bar.js';
import { KeyRow } from './keys.js';
import './main.css';
import type { Launch, Running } from './pane.js';
import { Pane } from './pane.js';
import { followKeyboard, touchable } from './touch.js';

// Terminals of containers. The address says of which: ?image=URL (default out.wasm beside the page), &arg=… and &env=NAME=value (repeated),
// &shell=PROGRAM for further terminals, &containers=N to start with several, side by side.

const MostAtStart = 8, NarrowestPane = 310;
const AnyShell = ['/bin/sh', '-c', 'if [ -x /bin/bash ]; then exec /bin/bash; else exec /bin/sh; fi'];
const parameters = new URLSearchParams(location.search);
const image = parameters.get('image') ?? document.querySelector<HTMLMetaElement>('meta[name=gantry-image]')?.content ?? 'out.wasm';
const tabs = byId('tabs', HTMLElement), area = byId('panes', HTMLElement), split = byId('split', HTMLButtonElement), addTerminal = byId('add-terminal', HTMLButtonElement);

/** A pane, its tab, and the container it belongs to. */
interface Place { readonly pane: Pane; readonly tab: HTMLElement; readonly home: Home }

/** A container's place, which a restart gives another container. */
interface Home { container: Container | undefined }

const places: Place[] = [];
let active: Place | undefined;
let numbered = 0;
const keys = new KeyRow(byId('keys', HTMLElement), () => active?.pane.terminal);
const findBar = new FindBar(() => active?.pane);

function ownContainer(home: Home): Launch {
  const args = parameters.getAll('arg');
  const env = parameters.getAll('env').map(variable => [variable.split('=', 1)[0] ?? '', variable.split('=').slice(1).join('=')] as const);
  return (terminal: TerminalLike, onProgress: (progress: Progress) => void, onStarted: () => void): Running => {
    const container = Container.start({
      image, terminal, ...(args.length > 0 && { args }), env: Object.fromEntries(env), onProgress, onStarted, onLog: text => console.debug(text),
    });
    home.container = container;
    return Object.assign(forward(container), { close: () => void container.stop() });
  };
}

function anotherTerminal(home: Home): Launch {
  return (terminal: TerminalLike, _: unknown, onStarted: () => void): Running => {
    if (home.container === undefined) throw new Error('a terminal of no container');
    const shell = parameters.get('shell');
    const process = home.container.exec({ terminal, args: shell === null ? AnyShell : [shell], onStarted });
    // As when a terminal's window is closed.
    return Object.assign(forward(process), { close: () => process.kill(1) });
  };
}

const forward = (to: Omit<Running, 'close'>): Omit<Running, 'close'> => ({ write: input => to.write(input), resize: (columns, rows) => to.resize(columns, rows), exit: to.exit });

function open(name: string, home: Home, launch: Launch): void {
  const tab = fromTemplate('tab'), id = `pane-${++numbered}`, button = within(tab, '.name', HTMLButtonElement);
  const pane: Pane = new Pane(`${name} ${numbered}`, area, launch, {
    onChange: showAll, onFocus: () => { if (active !== place) activate(place); }, onFind: () => findBar.open(), filter: data => keys.filter(data),
  });
  const place: Place = { pane, tab, home };
  pane.element.id = id;
  button.id = `${id}-tab`;
  button.setAttribute('aria-controls', id);
  pane.element.setAttribute('aria-labelledby', button.id);
  button.addEventListener('click', () => { activate(place); pane.focus(); });
  within(tab, '.close', HTMLButtonElement).addEventListener('click', () => close(place));
  touchable(pane.terminal, within(pane.element, '.terminal', HTMLElement));
  tabs.append(tab);
  places.push(place);
  activate(place);
  pane.start();
}

function openContainer(): void {
  const home: Home = { container: undefined };
  open('Container', home, ownContainer(home));
}

function close(place: Place): void {
  const { pane, tab, home } = place;
  const others = places.filter(other => other !== place && other.home === home && other.pane.state === 'running').length;
  if (pane.state === 'running' && !confirm(`${pane.title} is running${others > 0 && isFirst(place) ? ', and what else is open in it ends with it' : ''}. End it?`)) return;
  const index = places.indexOf(place);
  places.splice(index, 1);
  pane.close();
  tab.remove();
  if (active === place) active = undefined;
  const next = active ?? places[Math.min(index, places.length - 1)];
  if (next === undefined) showAll();
  else { activate(next); next.pane.focus(); }
}

const isFirst = (place: Place): boolean => places.find(({ home }) => home === place.home) === place;

function activate(place: Place): void {
  active = place;
  showAll();
}

function showAll(): void {
  const all = split.getAttribute('aria-pressed') === 'true';
  area.dataset['split'] = String(all);
  for (const { pane, tab } of places) {
    const isActive = pane === active?.pane, name = within(tab, '.name', HTMLButtonElement);
    pane.element.hidden = !all && !isActive;
    pane.element.dataset['active'] = String(isActive);
    within(pane.element, '.title', HTMLElement).textContent = pane.title;
    tab.dataset['state'] = pane.state;
    name.textContent = pane.title;
    name.setAttribute('aria-selected', String(isActive));
  }
  arrange();
  addTerminal.disabled = active?.home.container === undefined || !places.some(({ pane, home }) => home === active?.home && pane.state === 'running');
  document.title = active?.pane.title ?? 'Container';
}

/** As many columns as are wide enough, in rows that are as full as each other; the last pane takes what is left of its row. */
function arrange(): void {
  const shown = places.filter(({ pane }) => !pane.element.hidden), fitting = Math.max(1, Math.floor(area.clientWidth / NarrowestPane));
  const rows = Math.max(1, Math.ceil(shown.length / fitting)), columns = Math.max(1, Math.ceil(shown.length / rows));
  area.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  shown.forEach(({ pane }, i) => { pane.element.style.gridColumn = i === shown.length - 1 ? `span ${rows * columns - i}` : ''; });
}

function showSplit(all: boolean): void {
  split.setAttribute('aria-pressed', String(all));
  showAll();
}

onPress(byId('add-container', HTMLButtonElement), openContainer);
onPress(addTerminal, () => { if (active !== undefined) open('Terminal', active.home, anotherTerminal(active.home)); });
onPress(split, () => { showSplit(split.getAttribute('aria-pressed') !== 'true'); active?.pane.focus(); });
onPress(byId('find', HTMLButtonElement), () => findBar.open());
followKeyboard();
new ResizeObserver(arrange).observe(area);
const atStart = Math.min(MostAtStart, Math.max(1, Number(parameters.get('containers')) || 1));
showSplit(atStart > 1);
for (let i = 0; i < atStart; i++) openContainer();
