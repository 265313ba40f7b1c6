/** Share of a card that must be visible, and for how long (ms), before it counts as seen. */
const VISIBLE_SHARE = 0.5
const DWELL_MS = 1_000

/** Notices which cards were really seen. */
export interface Impressions {
  /** Watches exactly these cards from now on. */
  watch(cards: readonly Element[]): void
}

/** @param onSeen - Called with cards of which at least half was on screen for a second; once per card element. */
export function createImpressions(onSeen: (card: Element) => void): Impressions {
  /** The running seconds of cards that are on screen and were not seen yet. */
  const timers = new Map<Element, ReturnType<typeof setTimeout>>()
  const watched = new Set<Element>()
  const forget = (card: Element) => {
    clearTimeout(timers.get(card))
    timers.delete(card)
  }
  const begin = (card: Element) => {
    const seen = () => {
      if (document.visibilityState !== 'visible') return // it stays on screen: its second starts again when the page is shown
      forget(card)
      observer.unobserve(card)
      onSeen(card)
    }
    clearTimeout(timers.get(card))
    timers.set(card, setTimeout(seen, DWELL_MS))
  }
  const beginAgain = () => {
    for (const card of timers.keys()) begin(card)
  }
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio } of entries) {
        if (intersectionRatio < VISIBLE_SHARE) forget(target)
        else begin(target)
      }
    },
    { threshold: VISIBLE_SHARE },
  )
  return {
    watch(cards) {
      const wanted = new Set(cards)
      for (const card of watched) if (!wanted.has(card)) drop(card)
      for (const card of cards) if (!watched.has(card)) take(card)
      if (cards.length > 0) document.addEventListener('visibilitychange', beginAgain)
      else document.removeEventListener('visibilitychange', beginAgain)
    },
  }

  function drop(card: Element): void {
    observer.unobserve(card)
    forget(card)
    watched.delete(card)
  }

  function take(card: Element): void {
    watched.add(card)
    observer.observe(card)
  }
}
