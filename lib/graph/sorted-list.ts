/** Names in the order of a comparison; equal ones in the order of their coming. */

export class SortedList {
  /** Backwards, so that the first is taken from the end. */
  readonly #names: string[] = [];

  constructor(private readonly compare: (a: string, b: string) => number) {}

  get size(): number {
    return this.#names.length;
  }

  add(name: string): void {
    let [low, high] = [0, this.#names.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(this.#names[middle] as string, name) > 0) low = middle + 1;
      else high = middle;
    }
    this.#names.splice(low, 0, name);
  }

  takeFirst(): string | undefined {
    return this.#names.pop();
  }

  /** Takes every name, first to last, for which `wanted` says so. */
  takeWhere(wanted: (name: string) => boolean): void {
    for (let i = this.#names.length - 1; i >= 0; i--) {
      if (wanted(this.#names[i] as string)) this.#names.splice(i, 1);
    }
  }

  takeAll(): string[] {
    return this.#names.splice(0).reverse();
  }
}
