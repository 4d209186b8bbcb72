import { Errno, FileError } from './file-system.js';

const MaximumFile = 1 << 30;

/**
 * Room for a file's contents of another size. Behind the size there are only zeros, so that a file that grows again has those there.
 * @param bytes at least as many as the file has; what is returned may be the same, changed
 * @param used bytes of the file so far
 * @throws FileError EFBIG
 */
export function resized(bytes: Uint8Array, used: number, size: number): Uint8Array {
  if (size > MaximumFile) throw new FileError(Errno.EFBIG);
  if (size > bytes.length) {
    const grown = new Uint8Array(Math.min(MaximumFile, Math.max(size, bytes.length * 2, 4096)));
    grown.set(bytes.subarray(0, used));
    return grown;
  }
  if (size < used) bytes.fill(0, size, used);
  return bytes;
}
