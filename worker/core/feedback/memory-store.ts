import type { Material } from './answers.ts'
import { EMPTY_STATE, type FeedbackState, type FeedbackStore } from './store.ts'

/** A feedback store that is gone with its page. */
export function createMemoryFeedback(): FeedbackStore {
  let kept: FeedbackState = EMPTY_STATE
  const lists = new Map<string, Material>()
  return {
    update: async (decide) => {
      const { value, state, events = new Map() } = decide(kept, lists)
      if (state !== undefined) kept = structuredClone(state)
      for (const [key, material] of events) {
        if (material === null) lists.delete(key)
        else lists.set(key, structuredClone(material))
      }
      return value
    },
    close: () => {
      kept = EMPTY_STATE
      lists.clear()
    },
  }
}
