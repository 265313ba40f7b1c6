import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { RecError } from '#contract/errors'

/** Lines gathered before they are handed to the stream. Characters. */
const BUFFER_CHARS = 262_144

/** A text file that appears under its name only when it is complete. */
export class LineFile {
  readonly path: string
  readonly #stream
  #waiting = ''
  #failure: Error | undefined
  lines = 0

  constructor(path: string, header?: string) {
    this.path = path
    this.#stream = createWriteStream(`${path}.part`)
    this.#stream.on('error', (error) => {
      this.#failure = error
    })
    if (header !== undefined) this.#waiting = `${header}\n`
  }

  add(line: string): void {
    this.lines++
    this.#waiting += `${line}\n`
    if (this.#waiting.length < BUFFER_CHARS) return
    this.#stream.write(this.#waiting)
    this.#waiting = ''
  }

  /** Settles when the disk has caught up; undefined when it has. */
  wait(): Promise<unknown> | undefined {
    if (!this.#stream.writableNeedDrain || this.#failure !== undefined) return undefined
    return Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => undefined)
  }

  /** Writes what is left and gives the file its name. @throws RecError `internal` when the disk refuses. */
  async close(): Promise<void> {
    this.#stream.end(this.#waiting)
    if (this.#failure === undefined) await once(this.#stream, 'close')
    if (this.#failure !== undefined) {
      const message = `${this.path} cannot be written: ${this.#failure.message}`
      throw new RecError('internal', message, {}, { cause: this.#failure })
    }
    await rename(`${this.path}.part`, this.path)
  }

  /** Ends without a file. */
  async discard(): Promise<void> {
    this.#stream.destroy()
    await rm(`${this.path}.part`, { force: true })
  }
}
