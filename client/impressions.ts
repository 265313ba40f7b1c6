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
  const timers = new Map<Element, ReturnType<typeof setTimeout>>()
  const watched = new Set<Element>()
  const forget = (card: Element) => {
    clearTimeout(timers.get(card))
    timers.delete(card)
  }
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio } of entries) {
        forget(target)
        if (intersectionRatio < VISIBLE_SHARE) continue
        const seen = () => {
          forget(target)
          if (document.visibilityState !== 'visible') return
          observer.unobserve(target)
          onSeen(target)
        }
        timers.set(target, setTimeout(seen, DWELL_MS))
      }
    },
    { threshold: VISIBLE_SHARE },
  )
  return {
    watch(cards) {
      const wanted = new Set(cards)
      for (const card of watched) if (!wanted.has(card)) drop(card)
      for (const card of cards) if (!watched.has(card)) take(card)
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
