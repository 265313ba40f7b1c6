import type { AskWords } from './ask/ask-panel.ts'
import type { AskToKeep } from './ask/ask-script.ts'
import { loadPart, type Part } from './load-part.ts'
import type { Recommender } from './recommender.ts'

/** Waits until there is something to keep, then asks whether it may be kept; nothing is loaded before, or where an answer is known. */
export function askWhenWorthwhile(recommender: Recommender, part: Part, words?: Partial<AskWords>): void {
  const ask = async () => {
    try {
      const askToKeep = await loadPart<AskToKeep>(part, 'askToKeep')
      askToKeep(recommender, words)
    } catch {
      // the script is blocked: nobody is asked, and nothing is kept
    }
  }
  const end = recommender.on('profile-changed', () => {
    end()
    if (recommender.storage.choice() === 'ask') void ask()
  })
}
