import { readdirSync, readFileSync } from 'node:fs';

/** The processes below one and itself, each with the fields behind its command in proc(5)'s stat. */
function processTree(root: number): Map<number, string[]> {
  const all = new Map<number, string[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let text: string;
    try { text = readFileSync(`/proc/${name}/stat`, 'latin1'); } catch { continue; }
    // The command in parentheses may have spaces: fields are counted from behind it, which is the second.
    all.set(Number(name), text.slice(text.lastIndexOf(')') + 2).split(' '));
  }
  const below = (id: number): boolean => id === root || (all.has(id) && below(field(all.get(id) ?? [], 4)));
  return new Map([...all].filter(([id]) => below(id)));
}

const field = (fields: readonly string[], number: number): number => Number(fields[number - 3]);

/** Seconds of processor time that a process and all below it have used so far (proc(5): stat, fields 14 and 15). */
export function processorSeconds(root: number): number {
  const ticksPerSecond = 100;
  return [...processTree(root).values()].reduce((sum, fields) => sum + field(fields, 14) + field(fields, 15), 0) / ticksPerSecond;
}

/** Bytes of memory that a process and all below it have, what several share counted once (proc(5): smaps_rollup, Pss). */
export function memoryBytes(root: number): number {
  return [...processTree(root).keys()].reduce((sum, id) => {
    try { return sum + 1024 * Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'latin1'))?.[1] ?? 0); } catch { return sum; }
  }, 0);
}
