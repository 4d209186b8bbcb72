import http from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AddressInfo } from 'node:net';

const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.json': 'application/json' };

/** A file server for tests: a folder's files and some from memory, with or without Range; those that `stalled` names get no answer. */
export async function serve(folder: string, memory: Readonly<Record<string, Uint8Array>>, ranges = true, stalled: ReadonlySet<string> = new Set()): Promise<{ url: string; bytes: () => number; close: () => void }> {
  let sent = 0;
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname).slice(1) || 'index.html';
    if (stalled.has(name)) return;
    response.setHeader('Access-Control-Allow-Origin', '*');
    let bytes: Uint8Array;
    try { bytes = memory[name] ?? readFileSync(path.join(folder, path.basename(name))); } catch { response.writeHead(404).end(); return; }
    response.setHeader('Content-Type', types[path.extname(name)] ?? 'application/octet-stream');
    response.setHeader('Access-Control-Expose-Headers', 'Content-Range');
    const range = ranges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null;
    if (range !== null) {
      const from = Number(range[1]), to = Math.min(Number(range[2]), bytes.length - 1);
      response.setHeader('Content-Range', `bytes ${from}-${to}/${bytes.length}`);
      response.statusCode = 206;
      bytes = bytes.subarray(from, to + 1);
    }
    sent += bytes.length;
    response.setHeader('Content-Length', bytes.length);
    response.end(bytes);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, bytes: () => sent, close: () => { server.closeAllConnections(); server.close(); } };
}
