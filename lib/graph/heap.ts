/** Names of which the first by a comparison is taken next; equal ones in the order of their coming. */

interface Entry {
  readonly name: string;
  readonly turn: number;
}

export class NameHeap {
  readonly #entries: Entry[] = [];
  #turn = 0;

  constructor(private readonly compare: (a: string, b: string) => number) {}

  get first(): string | undefined {
    return this.#entries[0]?.name;
  }

  add(name: string): void {
    const entry = { name, turn: this.#turn++ };
    let at = this.#entries.push(entry) - 1;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = this.#entries[above] as Entry;
      if (!this.#before(entry, parent)) break;
      this.#entries[at] = parent;
      at = above;
    }
    this.#entries[at] = entry;
  }

  takeFirst(): string | undefined {
    const first = this.#entries[0];
    const last = this.#entries.pop();
    if (last !== undefined && this.#entries.length > 0) this.#sink(last);
    return first?.name;
  }

  /** Puts the entry where it belongs, from the top down. */
  #sink(entry: Entry): void {
    const { length } = this.#entries;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= length) break;
      const right = left + 1;
      const child =
        right < length && this.#before(this.#entries[right] as Entry, this.#entries[left] as Entry) ? right : left;
      if (!this.#before(this.#entries[child] as Entry, entry)) break;
      this.#entries[at] = this.#entries[child] as Entry;
      at = child;
    }
    this.#entries[at] = entry;
  }

  #before(a: Entry, b: Entry): boolean {
    return (this.compare(a.name, b.name) || a.turn - b.turn) < 0;
  }
}
