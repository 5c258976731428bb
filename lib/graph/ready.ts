/** Tasks that could start: the first by priority whose resources are free. */

import { NameHeap } from './heap.js';

export type Resources = Readonly<Record<string, number>>;

/** Tasks with the same needs stand in one line, so that finding the next costs as many looks as there are lines. */
export class ReadyTasks {
  readonly #lines = new Map<string, { readonly resources: Resources; readonly names: NameHeap }>();

  constructor(private readonly compare: (a: string, b: string) => number) {}

  add(name: string, resources: Resources): void {
    const key = JSON.stringify(Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1)));
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { resources, names: new NameHeap(this.compare) };
      this.#lines.set(key, line);
    }
    line.names.add(name);
  }

  /** Takes the first whose resources `fits` lets pass. */
  take(fits: (resources: Resources) => boolean): string | undefined {
    let best: { readonly key: string; readonly names: NameHeap; readonly first: string } | undefined;
    for (const [key, { resources, names }] of this.#lines) {
      const { first } = names;
      if (first === undefined || (best !== undefined && this.compare(best.first, first) <= 0)) continue;
      if (fits(resources)) best = { key, names, first };
    }
    best?.names.takeFirst();
    if (best !== undefined && best.names.first === undefined) this.#lines.delete(best.key);
    return best?.first;
  }
}
