import { readdirSync, readFileSync } from 'node:fs';

/** Seconds of processor time that a process and all below it have used so far (proc(5): stat, fields 4, 14 and 15). */
export function processorSeconds(root: number): number {
  const parents = new Map<number, number>(), times = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let text: string;
    try { text = readFileSync(`/proc/${name}/stat`, 'latin1'); } catch { continue; }
    // The command in parentheses may have spaces: fields are counted from behind it, which is the second.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '), at = (field: number): number => Number(fields[field - 3]);
    parents.set(Number(name), at(4));
    times.set(Number(name), at(14) + at(15));
  }
  const below = (id: number): boolean => id === root || (parents.has(id) && below(parents.get(id) ?? 0));
  const ticksPerSecond = 100;
  return [...times].reduce((sum, [id, ticks]) => sum + (below(id) ? ticks : 0), 0) / ticksPerSecond;
}
