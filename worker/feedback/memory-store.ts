import type { Material } from '#worker/core/feedback/answers'
import { EMPTY_STATE, type FeedbackState, type FeedbackStore } from './store.ts'

/** A feedback store that is gone with its page. */
export function createMemoryFeedback(): FeedbackStore {
  let kept: FeedbackState = EMPTY_STATE
  const lists = new Map<string, Material>()
  return {
    update: async (decide) => {
      const { value, state = kept, events = new Map() } = decide(kept, lists)
      kept = structuredClone(state)
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
