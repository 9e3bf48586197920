/** Greatest flow through a network with whole capacities, by Dinic's method: exact as long as sums stay below 2⁵³. */
export class FlowNetwork {
  readonly #to: number[] = [];
  readonly #left: number[] = [];
  readonly #next: number[] = [];
  readonly #first: Int32Array;
  readonly #level: Int32Array;
  readonly #at: Int32Array;

  constructor(nodes: number) {
    this.#first = new Int32Array(nodes).fill(-1);
    this.#level = new Int32Array(nodes);
    this.#at = new Int32Array(nodes);
  }

  /** Adds an edge, also after flow was sent, and says its number. */
  edge(from: number, to: number, capacity: number): number {
    const edge = this.#push(from, to, capacity);
    this.#push(to, from, 0);
    return edge;
  }

  /** What flows over an edge. */
  sent(edge: number): number {
    return this.#left[edge ^ 1] ?? 0;
  }

  /** Sends as much more as can be sent, and says how much. */

  maxFlow(source: number, sink: number): number {
    let total = 0;
    while (this.#layer(source, sink)) {
      this.#at.set(this.#first);
      for (let sent = this.#augment(source, sink); sent > 0; sent = this.#augment(source, sink))
        total += sent;
    }
    return total;
  }

  #push(from: number, to: number, capacity: number): number {
    const edge = this.#to.push(to) - 1;
    this.#next.push(this.#first[from] ?? -1);
    this.#first[from] = edge;
    this.#left.push(capacity);
    return edge;
  }

  /** Numbers nodes by their distance from the source; false when the sink is out of reach. */
  #layer(source: number, sink: number): boolean {
    this.#level.fill(-1);
    this.#level[source] = 0;
    const queue = [source];
    for (const node of queue)
      for (let edge = this.#first[node] ?? -1; edge >= 0; edge = this.#next[edge] ?? -1) {
        const to = this.#to[edge] ?? 0;
        if ((this.#left[edge] ?? 0) <= 0 || (this.#level[to] ?? 0) >= 0) continue;
        this.#level[to] = (this.#level[node] ?? 0) + 1;
        queue.push(to);
      }
    return (this.#level[sink] ?? -1) >= 0;
  }

  /** Sends flow along one path that goes a layer further with each edge; 0 when there is none left. */
  #augment(source: number, sink: number): number {
    const path: number[] = [];
    let node = source;
    while (node !== sink) {
      const edge = this.#at[node] ?? -1;
      if (edge < 0) {
        const back = path.pop();
        if (back === undefined) return 0;
        // Nothing leads on from here: its edge is done with.
        node = this.#to[back ^ 1] ?? source;
        this.#at[node] = this.#next[back] ?? -1;
        continue;
      }
      const to = this.#to[edge] ?? 0;
      if ((this.#left[edge] ?? 0) > 0 && (this.#level[to] ?? 0) === (this.#level[node] ?? 0) + 1) {
        path.push(edge);
        node = to;
      } else this.#at[node] = this.#next[edge] ?? -1;
    }
    const sent = path.reduce((least, edge) => Math.min(least, this.#left[edge] ?? 0), Infinity);
    for (const edge of path) {
      this.#left[edge] = (this.#left[edge] ?? 0) - sent;
      this.#left[edge ^ 1] = (this.#left[edge ^ 1] ?? 0) + sent;
    }
    return sent;
  }
}
