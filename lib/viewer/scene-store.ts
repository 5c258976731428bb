/** Opened scenes: the two that were looked at last stay in memory, the others are let go when nobody uses them. */

import type { Scene } from './scene.js';

const KEPT = 2;

interface Held {
  readonly scene: Promise<Scene>;
  users: number;
}

export class SceneStore {
  /** The order of insertion is that of the last use. */
  private readonly held = new Map<number, Held>();

  constructor(private readonly open: (index: number) => Promise<Scene>) {}

  /** Calls `work` with the scene, opened once however many ask for it; it is not let go before `work` has ended. */
  async use<T>(index: number, work: (scene: Scene) => T | Promise<T>): Promise<T> {
    const held = this.held.get(index) ?? { scene: this.open(index), users: 0 };
    this.held.delete(index);
    this.held.set(index, held);
    held.users++;
    try {
      return await work(await held.scene);
    } catch (thrown) {
      // One that could not be opened is tried anew by the next who asks.
      await held.scene.catch(() => this.held.delete(index));
      throw thrown;
    } finally {
      held.users--;
      this.sweep();
    }
  }

  /** Lets go of everything. */
  async clear(): Promise<void> {
    const all = [...this.held.values()];
    this.held.clear();
    for (const { scene } of all) await scene.then((one) => one.dispose()).catch(() => undefined);
  }

  private sweep(): void {
    for (const [index, { scene, users }] of this.held) {
      if (this.held.size <= KEPT) return;
      if (users > 0) continue;
      this.held.delete(index);
      scene.then((one) => one.dispose()).catch(() => undefined);
    }
  }
}
