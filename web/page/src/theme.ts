import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITerminalOptions, ITheme } from '@xterm/xterm';

const light = matchMedia('(prefers-color-scheme: light)');

const colors = (): ITheme => light.matches
  ? {
    background: '#ffffff', foreground: '#1f1f1f', cursor: '#1f1f1f', selectionBackground: '#add6ff',
    black: '#000000', red: '#cd3131', green: '#107c10', yellow: '#795e00', blue: '#0451a5', magenta: '#a3008f', cyan: '#05749b', white: '#555555',
    brightBlack: '#666666', brightRed: '#cd3131', brightGreen: '#0b6a0b', brightYellow: '#6b5300', brightBlue: '#0451a5', brightMagenta: '#a3008f', brightCyan: '#05749b', brightWhite: '#3b3b3b',
  }
  : { background: '#1e1e1e', foreground: '#d4d4d4', cursor: '#d4d4d4', selectionBackground: '#264f78' };

/** What a terminal looks like now; programs that choose colours for the other background stay readable by the contrast. */
export const appearance = (): ITerminalOptions => ({ theme: colors(), minimumContrastRatio: 4.5, fontSize: innerWidth < 600 ? 12 : 14 });

/** Calls whenever the system changes between dark and light. */
export const onThemeChange = (act: () => void): void => light.addEventListener('change', act);

/** Colours of what was found. */
export const matchColors = (): ISearchDecorationOptions => light.matches
  ? { matchBackground: '#ffe9a8', matchBorder: '#b08800', matchOverviewRuler: '#b08800', activeMatchBackground: '#ffb04d', activeMatchColorOverviewRuler: '#d15704' }
  : { matchBackground: '#5a4a00', matchBorder: '#c09a00', matchOverviewRuler: '#c09a00', activeMatchBackground: '#9e6a03', activeMatchColorOverviewRuler: '#ff9632' };
