import { createRecommender, defineShelf } from 'pocketshelf'
import { createRoot } from 'react-dom/client'
import { useRecommendations } from './use-recommendations.js'

const recommender = createRecommender(window.pocketshelfOptions)
defineShelf(recommender)

function ForYou() {
  const items = useRecommendations(recommender, { scene: 'for-you', count: 5 })
  if (items === null) return <p>Our favourites are on their way.</p>
  return (
    <ol>
      {items.map(({ id, card }) => (
        <li key={id}>
          <button type="button" onClick={() => recommender.track({ type: 'like', item: id })}>
            {card.title}
          </button>
        </li>
      ))}
    </ol>
  )
}

createRoot(document.querySelector('#app')).render(
  <>
    <ForYou />
    <pocket-shelf scene="trending" count="4" />
  </>,
)
