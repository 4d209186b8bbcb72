import { isWithin, split } from './file-system.js';

/** What a host tells of a node; times in milliseconds since 1970. */
export interface HostStat { readonly directory: boolean; readonly size: number; readonly modified: number }

// As NFS has it: changes that a host does not tell are seen some seconds later.
export const FreshMilliseconds = 2000;
const MaximumKnown = 32_768;

interface Known { readonly stat: Promise<HostStat | undefined>; until: number }

/**
 * A host's answers, each kept for a while or until somebody tells of a change: one opening asks four times for what took a way through
 * VS Code's windows, and git asks again and again for files that are not there.
 */
export class HostStats {
  private readonly known = new Map<string, Known>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly host: { stat(path: string): Promise<HostStat | undefined> }, private readonly now: () => number) {}

  /** Undefined when there is nothing. */
  get(path: string): Promise<HostStat | undefined> {
    const known = this.known.get(path);
    return known !== undefined && this.now() < known.until ? known.stat : this.ask(path);
  }

  /** The host's answer of now. */
  ask(path: string): Promise<HostStat | undefined> { return this.keep(path, this.host.stat(path)); }

  /** What is known without asking, after a change of ours. */
  set(path: string, stat: HostStat | undefined): void { void this.keep(path, Promise.resolve(stat)); }

  /** A node came, went or changed, and so did the times of its folder. An answer that is on its way is not kept, either. */
  forget(path: string, below: boolean): void {
    this.known.delete(path);
    this.known.delete(split(path).parent);
    if (below) for (const known of [...this.known.keys()]) if (isWithin(known, path)) this.known.delete(known);
  }

  private keep(path: string, stat: Promise<HostStat | undefined>): Promise<HostStat | undefined> {
    if (this.known.size >= MaximumKnown) this.known.clear();
    const entry: Known = { stat, until: Infinity };
    this.known.set(path, entry);
    stat.then(() => { entry.until = this.now() + FreshMilliseconds; }, () => { if (this.known.get(path) === entry) this.known.delete(path); });
    return stat;
  }
}
