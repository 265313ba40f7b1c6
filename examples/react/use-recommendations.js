import { useEffect, useState } from 'react'

/** A list that follows the visitor: `items` is null until the first one is there. */
export function useRecommendations(recommender, request) {
  const [items, setItems] = useState(null)
  const key = JSON.stringify(request)
  useEffect(() => {
    let isCurrent = true
    const load = () =>
      recommender.recommend(JSON.parse(key)).then(
        (reply) => isCurrent && setItems(reply.items),
        () => undefined, // the fallback stays
      )
    load()
    const ends = ['ready', 'profile-changed', 'release-changed'].map((type) => recommender.on(type, load))
    return () => {
      isCurrent = false
      for (const end of ends) end()
    }
  }, [recommender, key])
  return items
}
