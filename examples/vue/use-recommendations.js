import { onScopeDispose, ref } from 'vue'

/** A list that follows the visitor: `items` is null until the first one is there. */
export function useRecommendations(recommender, request) {
  const items = ref(null)
  const load = () =>
    recommender.recommend(request).then(
      (reply) => {
        items.value = reply.items
      },
      () => undefined, // the fallback stays
    )
  load()
  const ends = ['ready', 'profile-changed', 'release-changed'].map((type) => recommender.on(type, load))
  onScopeDispose(() => {
    for (const end of ends) end()
  })
  return items
}
