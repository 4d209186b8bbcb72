import * as vscode from 'vscode';
import { GantryError } from '../../runtime/src/index.js';

/** Where the settings say the image is. */
export interface ImageSettings { readonly location: string; readonly chunks: number; readonly compressed: boolean }

const MaximumChunks = 99;

/** The `container.image…` settings, which the container2wasm extension (ktock/vscode-container-wasm) has, too. */
export function imageSettings(settings: vscode.WorkspaceConfiguration): ImageSettings {
  const location = settings.get('imageLocation', '').trim(), chunks = settings.get('imageChunks', 0);
  if (location === '') throw new GantryError('settings', 'No image: set "container.imageLocation" in the settings to the URL of an image that `gantry convert` made.');
  if (!Number.isInteger(chunks) || chunks < 0 || chunks > MaximumChunks) throw new GantryError('settings', `"container.imageChunks" is the number of files the image was split into: 0 (not split) to ${MaximumChunks}, not ${chunks}.`);
  return { location, chunks, compressed: settings.get('imageWithDecompression', false) };
}

/**
 * What the runtime is to load. A plain URL stays one, so that only what is needed is downloaded; an image in chunks (LOCATION00.wasm, LOCATION01.wasm, …, to be joined),
 * a compressed one (gzip, of the whole) and a file of the workspace are loaded completely.
 */
export async function loadImage(image: ImageSettings, progress: (bytes: number) => void, signal: AbortSignal): Promise<string | Uint8Array<ArrayBuffer>> {
  const { location, chunks, compressed } = image, remote = /^https?:\/\//i.test(location);
  if (remote && chunks === 0 && !compressed) return location;
  const names = chunks === 0 ? [location] : Array.from({ length: chunks }, (_, i) => `${location}${String(i).padStart(2, '0')}.wasm`);
  const parts = await Promise.all(names.map(name => remote ? download(name, progress, signal) : workspaceFile(name)));
  const all = new Blob(parts);
  if (!compressed) return new Uint8Array(await all.arrayBuffer());
  try {
    return new Uint8Array(await new Response(all.stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer());
  } catch (error) {
    throw new GantryError('format', `${location} is no gzip file, or it is not complete. Upload it again, or set "container.imageWithDecompression" to false if it is not compressed.`, error);
  }
}

async function download(url: string, progress: (bytes: number) => void, signal: AbortSignal): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal.aborted) throw new GantryError('cancelled', 'The start was cancelled.', error);
    throw new GantryError('network', `${url} cannot be loaded: there is no connection, or the server does not allow this page to read it (CORS: it has to send Access-Control-Allow-Origin).`, error);
  }
  if (!response.ok || response.body === null) {
    throw new GantryError(response.status === 404 ? 'not-found' : 'network', `${url} is not there (status ${response.status}). Check "container.imageLocation" and "container.imageChunks" in the settings.`);
  }
  const counted = response.body.pipeThrough(new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (piece, out) => { progress(piece.length); out.enqueue(piece); },
  }));
  try {
    return await new Response(counted).blob();
  } catch (error) {
    if (signal.aborted) throw new GantryError('cancelled', 'The start was cancelled.', error);
    throw new GantryError('truncated', `${url}: the connection broke. Try again.`, error);
  }
}

async function workspaceFile(name: string): Promise<Blob> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) throw new GantryError('settings', `"container.imageLocation" is ${name}, no http or https URL, and there is no open folder in which it could be a file.`);
  try {
    return new Blob([new Uint8Array(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder.uri, name)))]);
  } catch (error) {
    throw new GantryError('not-found', `${name} is neither an http or https URL nor a file in ${folder.name}. Check "container.imageLocation" in the settings.`, error);
  }
}
