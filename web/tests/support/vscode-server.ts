import http from 'node:http';
import fs from 'node:fs';
import path from 'node:path';
import type { AddressInfo } from 'node:net';

// VS Code for the Web with a folder of this disk and our extension: what vscode.dev is, on this machine.

const Workbench = 'out/vs/code/browser/workbench/workbench.js';
const types: Record<string, string> = {
  js: 'text/javascript', mjs: 'text/javascript', css: 'text/css', html: 'text/html; charset=utf-8', json: 'application/json', wasm: 'application/wasm', svg: 'image/svg+xml', png: 'image/png', ttf: 'font/ttf',
};

export interface VsCodeOptions { readonly code: string; readonly extension: string; readonly disk: string; readonly folder: string; readonly isolated: boolean; readonly settings: Readonly<Record<string, unknown>>; readonly workspace: string | undefined; readonly readOnly: boolean }

/** Serves it until closed. */
export async function serveVsCode(options: VsCodeOptions): Promise<{ url: string; close: () => void }> {
  const { code, folder } = options, vscode = path.join(code, 'vscode');
  const replaceOnce = (text: string, pattern: RegExp, by: string): string => {
    if ([...text.matchAll(new RegExp(pattern, 'g'))].length !== 1) throw new Error(`workbench.js has not exactly one ${String(pattern)}`);
    return text.replace(pattern, by);
  };
  // code-server ties the workbench to its own server; these two changes give back what VS Code has.
  let workbench = fs.readFileSync(path.join(vscode, Workbench), 'utf8');
  workbench = replaceOnce(workbench, /,remoteAuthority:location\.host\}/, '}');
  workbench = replaceOnce(workbench, /get userRoamingDataHome\(\)\{return \w+\((\w+)\.file\(this\.userDataPath\)\.with\(\{scheme:(\w+)\.vscodeRemote\}\),"User"\)\}/,
    'get userRoamingDataHome(){return $1.file("/User").with({scheme:$2.vscodeUserData})}');
  const extensions = [options.disk, options.extension];
  const page = (host: string): string => {
    const configuration = {
      userDataPath: '/', isEnabledFileDownloads: true, isEnabledFileUploads: true, isEnabledCoderGettingStarted: false,
      ...options.workspace === undefined ? { folderUri: { scheme: 'diskfs', authority: 'mount', path: '/' } } : { workspaceUri: { scheme: 'diskfs', authority: 'mount', path: `/${options.workspace}` } },
      additionalBuiltinExtensions: extensions.map((_, i) => ({ scheme: 'http', authority: host, path: `/ext/${i}` })),
      productConfiguration: { enableTelemetry: false, webviewContentExternalBaseUrlTemplate: `http://${host}/vs/out/vs/workbench/contrib/webview/browser/pre/` },
      configurationDefaults: {
        'workbench.startupEditor': 'none', 'workbench.tips.enabled': false, 'security.workspace.trust.enabled': false, 'terminal.integrated.gpuAcceleration': 'off', 'terminal.integrated.tabs.hideCondition': 'never',
        'telemetry.telemetryLevel': 'off', 'extensions.ignoreRecommendations': true, 'extensions.autoCheckUpdates': false, 'update.mode': 'none', 'chat.disableAIFeatures': true,
        'workbench.secondarySideBar.defaultVisibility': 'hidden', ...options.settings,
      },
    };
    const settings = JSON.stringify(configuration).replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
    return `<!DOCTYPE html><html><head><meta charset="utf-8"><meta id="vscode-workbench-web-configuration" data-settings="${settings}">
<link rel="stylesheet" href="/vs/out/vs/code/browser/workbench/workbench.css"></head><body aria-label=""></body>
<script>globalThis._VSCODE_FILE_ROOT = new URL('/vs/out/', location.href).toString();</script>
<script src="/vs/out/nls.messages.js"></script><script type="module" src="/vs/${Workbench}"></script></html>`;
  };
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x'), name = decodeURIComponent(url.pathname);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    if (options.isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    const answer = (status: number, body: string | Buffer, type = 'application/octet-stream'): void => { response.writeHead(status, { 'Content-Type': type }).end(body); };
    const file = (base: string, rest: string): void => {
      const full = path.join(base, path.normalize(`/${rest}`));
      try { answer(200, fs.readFileSync(full), types[path.extname(full).slice(1)]); } catch {
        // The package leaves out most built-in extensions' browser halves.
        if (rest.startsWith('extensions/') && rest.endsWith('.js')) answer(200, 'exports.activate = () => {};', types['js']);
        else if (rest.endsWith('package.nls.json')) answer(200, '{}', types['json']);
        else answer(404, 'ENOENT', 'text/plain');
      }
    };
    if (name === '/') answer(200, page(request.headers.host ?? ''), types['html']);
    else if (name === '/mint-key') answer(200, Buffer.alloc(32, 7));
    else if (name === `/vs/${Workbench}`) answer(200, workbench, types['js']);
    else if (name.startsWith('/vs/node_modules/')) file(path.join(code, 'node_modules'), name.slice(17));
    else if (name.startsWith('/vs/')) file(vscode, name.slice(4));
    else if (/^\/ext\/\d\//.test(name)) file(extensions[Number(name[5])] ?? '', name.slice(7));
    else if (name === '/mount-options') answer(200, JSON.stringify({ isReadonly: options.readOnly }), types['json']);
    else if (name === '/mount' || name.startsWith('/mount/')) void mount(folder, name.slice(6), url.searchParams, request, answer);
    else answer(404, 'ENOENT', 'text/plain');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => { server.closeAllConnections(); server.close(); } };
}

async function body(request: http.IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

type Answer = (status: number, body: string | Buffer, type?: string) => void;

/** What the disk extension asks: stat, readdir, read, write, mkdir, rename, delete. */
async function mount(folder: string, name: string, query: URLSearchParams, request: http.IncomingMessage, answer: Answer): Promise<void> {
  const at = path.join(folder, path.normalize(`/${name}`)), disk = fs.promises;
  const kind = (entry: fs.Stats | fs.Dirent): number => entry.isDirectory() ? 2 : entry.isFile() ? 1 : 0;
  const fail = (code: string): never => { throw Object.assign(new Error(code), { code }); };
  try {
    if (request.method === 'GET' && query.has('stat')) {
      const stat = await disk.stat(at);
      answer(200, JSON.stringify({ type: kind(stat), ctime: stat.ctimeMs, mtime: stat.mtimeMs, size: stat.size }), types['json']);
    } else if (request.method === 'GET' && query.has('readdir')) {
      answer(200, JSON.stringify((await disk.readdir(at, { withFileTypes: true })).map(entry => [entry.name, kind(entry)])), types['json']);
    } else if (request.method === 'GET') {
      answer(200, await disk.readFile(at));
    } else if (request.method === 'DELETE') {
      await disk.rm(at, { recursive: query.get('recursive') === '1' });
      answer(200, '{}', types['json']);
    } else if (query.has('mkdir')) {
      await disk.mkdir(at);
      answer(200, '{}', types['json']);
    } else if (query.has('rename')) {
      const to = path.join(folder, path.normalize(`/${query.get('rename') ?? ''}`));
      if (query.get('overwrite') !== '1' && fs.existsSync(to)) fail('EEXIST');
      await disk.rename(at, to);
      answer(200, '{}', types['json']);
    } else if (query.has('append')) {
      await disk.appendFile(at, await body(request));
      answer(200, '{}', types['json']);
    } else {
      const existed = fs.existsSync(at);
      if (!existed && query.get('create') !== '1') fail('ENOENT');
      if (existed && query.get('overwrite') !== '1') fail('EEXIST');
      await disk.writeFile(at, await body(request));
      answer(200, JSON.stringify({ created: !existed }), types['json']);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
    answer(code === 'ENOENT' ? 404 : 409, code, 'text/plain');
  }
}
