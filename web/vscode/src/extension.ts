import * as vscode from 'vscode';
import { ContainerTerminal } from './container-terminal.js';

const running = new Set<ContainerTerminal>();

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Container', { log: true });
  const terminal = (args?: readonly string[]): vscode.ExtensionTerminalOptions => {
    const pty = new ContainerTerminal(log, args, () => running.delete(pty));
    running.add(pty);
    return { name: 'Container', iconPath: new vscode.ThemeIcon('package'), pty };
  };
  const run = (args?: readonly string[]): void => vscode.window.createTerminal(terminal(args)).show();
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand('gantry.run', () => run()),
    vscode.commands.registerCommand('gantry.runWithArguments', async () => {
      const line = await vscode.window.showInputBox({ title: 'Program and arguments', placeHolder: '/bin/sh -c "uname -a"', ignoreFocusOut: true });
      if (line !== undefined && line.trim() !== '') run(words(line));
    }),
    vscode.commands.registerCommand('gantry.stop', () => Promise.all([...running].map(pty => pty.stop()))),
    vscode.commands.registerCommand('gantry.showLog', () => log.show()),
    vscode.window.registerTerminalProfileProvider('gantry.container', { provideTerminalProfile: () => new vscode.TerminalProfile(terminal()) }),
  );
}

/** What was written is with the host before the window goes. */
export async function deactivate(): Promise<void> {
  await Promise.all([...running].map(pty => pty.stop()));
}

/** Splits a command line at spaces; quotes of both kinds keep words together. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
