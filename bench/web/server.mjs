import { createHash } from 'node:crypto';
import http from 'node:http';
import { closeSync, createReadStream, existsSync, fstatSync, openSync } from 'node:fs';
import path from 'node:path';

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.wasm': 'application/wasm' };

/**
 * A file host as GitHub Pages is one: an hour's freshness is too much to assume, ten minutes are what it gives; validators for afterwards.
 * @param folder whose files it has
 * @param more further files: name to path
 * @param ranges answers Range requests
 */
export async function serve(folder, more = {}, ranges = false) {
  let sent = 0;
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://x').pathname).slice(1) || 'index.html', file = more[name] ?? path.join(folder, path.basename(name));
    if (!existsSync(file)) { response.writeHead(404).end(); return; }
    const descriptor = openSync(file, 'r'), { size, mtimeMs } = fstatSync(descriptor);
    const etag = `"${createHash('sha1').update(`${name} ${size} ${mtimeMs}`).digest('hex')}"`;
    response.setHeader('Content-Type', types[path.extname(name)] ?? 'application/octet-stream');
    response.setHeader('Cache-Control', 'max-age=600');
    response.setHeader('ETag', etag);
    if (request.headers['if-none-match'] === etag) { closeSync(descriptor); response.writeHead(304).end(); return; }
    const range = ranges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null;
    const start = range === null ? 0 : Number(range[1]), end = range === null ? size - 1 : Math.min(Number(range[2]), size - 1);
    if (range !== null) {
      response.statusCode = 206;
      response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
    }
    response.setHeader('Content-Length', end - start + 1);
    createReadStream(file, { fd: descriptor, start, end }).pipe(response);
  });
  // With headers, as they are on the wire.
  server.on('connection', socket => {
    let counted = 0;
    const count = () => { sent += socket.bytesWritten - counted; counted = socket.bytesWritten; };
    socket.counting = count;
    socket.on('close', count);
  });
  const sockets = new Set();
  server.on('connection', socket => { sockets.add(socket); socket.on('close', () => sockets.delete(socket)); });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    sent: () => { for (const socket of sockets) socket.counting(); return sent; },
    close: () => { server.closeAllConnections(); server.close(); },
  };
}
