import { chachaState, chachaWords } from '#contract/feedback/chacha20'
import type { Words } from './randomise.ts'

/** Words of a stream that a test can repeat. */
export function seededWords(seed: number): Words {
  return chachaWords(chachaState([seed, 0x7e57]))
}
