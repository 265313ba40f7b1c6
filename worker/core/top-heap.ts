/** Keeps the best k of many scored rows: larger scores first, ties by smaller itemNo. Reusable: `take` empties it. */
export class TopHeap {
  readonly #itemNoOf: Uint32Array
  #rows = new Int32Array(0)
  #scores = new Float64Array(0)
  #size = 0
  #limit = 0

  /** @param itemNoOf - itemNo of each row; kept, not copied. */
  constructor(itemNoOf: Uint32Array) {
    this.#itemNoOf = itemNoOf
  }

  /** Starts anew for the best k. */
  reset(k: number): void {
    if (k > this.#rows.length) {
      this.#rows = new Int32Array(k)
      this.#scores = new Float64Array(k)
    }
    this.#limit = k
    this.#size = 0
  }

  /** Score that a row must reach to have a chance; -Infinity until k rows are in, Infinity for k = 0. */
  get floor(): number {
    if (this.#limit === 0) return Number.POSITIVE_INFINITY
    return this.#size < this.#limit ? Number.NEGATIVE_INFINITY : this.#scores[0]
  }

  /** Offers a row; callers may skip rows below `floor`. */
  offer(row: number, score: number): void {
    if (this.#size < this.#limit) {
      this.#rise(this.#size++, row, score)
      return
    }
    if (this.#limit > 0 && this.#isWorse(this.#rows[0], this.#scores[0], row, score)) this.#sink(0, row, score)
  }

  /** Writes the kept rows, best first, and empties the heap. @returns New arrays of at most k. */
  take(): { rows: Int32Array; scores: Float64Array } {
    const count = this.#size
    const rows = new Int32Array(count)
    const scores = new Float64Array(count)
    for (let i = count - 1; i >= 0; i--) {
      rows[i] = this.#rows[0]
      scores[i] = this.#scores[0]
      this.#size--
      if (this.#size > 0) this.#sink(0, this.#rows[this.#size], this.#scores[this.#size])
    }
    return { rows, scores }
  }

  #isWorse(row: number, score: number, otherRow: number, otherScore: number): boolean {
    if (score !== otherScore) return score < otherScore
    return this.#itemNoOf[row] > this.#itemNoOf[otherRow]
  }

  #rise(start: number, row: number, score: number): void {
    let at = start
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!this.#isWorse(row, score, this.#rows[above], this.#scores[above])) break
      this.#rows[at] = this.#rows[above]
      this.#scores[at] = this.#scores[above]
      at = above
    }
    this.#rows[at] = row
    this.#scores[at] = score
  }

  #sink(start: number, row: number, score: number): void {
    let at = start
    for (;;) {
      let below = at * 2 + 1
      if (below >= this.#size) break
      const right = below + 1
      if (
        right < this.#size &&
        this.#isWorse(this.#rows[right], this.#scores[right], this.#rows[below], this.#scores[below])
      )
        below = right
      if (!this.#isWorse(this.#rows[below], this.#scores[below], row, score)) break
      this.#rows[at] = this.#rows[below]
      this.#scores[at] = this.#scores[below]
      at = below
    }
    this.#rows[at] = row
    this.#scores[at] = score
  }
}
