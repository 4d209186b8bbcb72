import * as vscode from 'vscode';
import { RunningContainer } from './running-container.js';

const running = new Set<RunningContainer>();

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Container', { log: true });
  const make = (args?: readonly string[]): RunningContainer => {
    const container: RunningContainer = new RunningContainer(log, args, () => running.delete(container));
    running.add(container);
    return container;
  };
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand('gantry.run', () => make().terminal.show()),
    vscode.commands.registerCommand('gantry.runWithArguments', async () => {
      const line = await vscode.window.showInputBox({ title: 'Program and arguments', placeHolder: '/bin/sh -c "uname -a"', ignoreFocusOut: true });
      if (line !== undefined && line.trim() !== '') make(words(line)).terminal.show();
    }),
    vscode.commands.registerCommand('gantry.openTerminal', () => {
      const newest = [...running].at(-1);
      (newest?.openTerminal() ?? make().terminal).show();
    }),
    vscode.commands.registerCommand('gantry.stop', () => Promise.all([...running].map(container => container.stop()))),
    vscode.commands.registerCommand('gantry.showLog', () => log.show()),
    vscode.window.registerTerminalProfileProvider('gantry.container', { provideTerminalProfile: () => new vscode.TerminalProfile(make().terminal.options) }),
  );
}

/** What was written is with the host before the window goes. */
export async function deactivate(): Promise<void> {
  await Promise.all([...running].map(container => container.stop()));
}

/** Splits a command line at spaces; quotes of both kinds keep words together. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
