/** The beginning of a running pipeline: reads the source as fast as there is room. */

import type { SourceDefinition } from './definition.js';
import { isThenable, leave } from './operate.js';
import { EPOCH } from './queue.js';
import { type ItemQueue, Part, type RunScope } from './stage.js';

export class SourcePart extends Part {
  constructor(
    scope: RunScope,
    private readonly definition: SourceDefinition,
    private readonly output: ItemQueue,
  ) {
    super(scope, definition.name, 1, undefined, [output], [], -1);
  }

  protected async loop(): Promise<void> {
    try {
      do {
        if (!(await this.#pass())) return;
        if (this.definition.continuous && !(await this.output.put(EPOCH))) return;
      } while (this.definition.continuous && !this.cancelled);
    } catch (thrown) {
      if (!this.cancelled) throw thrown;
    }
  }

  /** Once through the source; false when nobody takes items any more. */
  async #pass(): Promise<boolean> {
    const steps = this.definition.open();
    let finished = false;
    try {
      for (;;) {
        if (this.cancelled) return false;
        const began = performance.now();
        const next = steps.next();
        const step = isThenable<IteratorResult<unknown>>(next) ? await this.guard(next) : next;
        if (step.done) {
          finished = true;
          return true;
        }
        this.succeeded(performance.now() - began);
        const taken = this.emit(this.output, step.value);
        if (taken !== true && !(await taken)) return false;
      }
    } finally {
      if (!finished) leave(steps);
    }
  }
}
