import type { EngineDeps } from './deps.ts'

const MOST_BACKOFF = 16

/** Looks for a newer release now and then while the page is visible; rarer while it fails. */
export class Poller {
  readonly #deps: Pick<EngineDeps, 'after' | 'nowMs' | 'random'>
  readonly #look: () => Promise<void>
  readonly #everyMs: number
  #cancel: (() => void) | null = null
  #failures = 0
  #lastAt = 0
  #isPaused = false

  constructor(deps: Pick<EngineDeps, 'after' | 'nowMs' | 'random'>, look: () => Promise<void>, everyMs: number) {
    this.#deps = deps
    this.#look = look
    this.#everyMs = everyMs
  }

  /** Looks after a while, and again and again. */
  schedule(delayMs: number = this.#delayMs()): void {
    this.#cancel?.()
    this.#cancel = null
    if (this.#isPaused) return
    this.#cancel = this.#deps.after(delayMs, () => {
      this.#cancel = null
      this.now().then(
        () => this.schedule(),
        () => this.schedule(), // reported by whoever looks
      )
    })
  }

  /** Looks at once. */
  async now(): Promise<void> {
    this.#lastAt = this.#deps.nowMs()
    try {
      await this.#look()
      this.#failures = 0
    } catch (thrown) {
      this.#failures++
      throw thrown
    }
  }

  pause(): void {
    this.#isPaused = true
    this.#cancel?.()
    this.#cancel = null
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    const isDue = this.#deps.nowMs() - this.#lastAt >= this.#everyMs
    this.schedule(isDue ? 1_000 * this.#deps.random() : undefined)
  }

  #delayMs(): number {
    const backoff = Math.min(MOST_BACKOFF, 2 ** this.#failures)
    return this.#everyMs * backoff * (0.8 + 0.4 * this.#deps.random())
  }
}
