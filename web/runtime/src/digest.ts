import { GantryError } from './errors.js';

/** SHA-256 as lower-case hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new GantryError('unsupported', 'The browser checks digests only on secure pages. Open the page by https:// or on localhost.');
  }
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

export const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');

/** Throws unless the bytes are the ones that were converted. */
export async function verify(bytes: Uint8Array<ArrayBuffer>, digest: string, what: string): Promise<void> {
  const actual = await sha256(bytes);
  if (actual !== digest) {
    throw new GantryError('digest', `${what} is not what was converted (SHA-256 ${actual.slice(0, 12)}…, expected ${digest.slice(0, 12)}…). The file changed or was damaged on the way: reload, or upload it again.`);
  }
}
