/** What a template may ask for by `data-field`. */
export type CardFields = Readonly<Record<'id' | 'title' | 'price' | 'category' | 'reason' | 'image' | 'link', string>>

/**
 * Draws a card by the page's own `<template>`: elements with `data-field` get that text, or, for `img` and `a`, that address; those that
 * stay empty are taken out. The first link leads to the item.
 */
export function fillCard(template: HTMLTemplateElement, fields: CardFields): HTMLElement {
  const card = document.createElement('div')
  card.append(template.content.cloneNode(true))
  for (const element of card.querySelectorAll<HTMLElement>('[data-field]')) {
    const value = Object.entries(fields).find(([name]) => name === element.dataset.field)?.[1] ?? ''
    if (value === '') element.remove()
    else if (element instanceof HTMLImageElement) element.src = value
    else if (element.dataset.field !== 'link') element.textContent = value
  }
  const link = card.querySelector('a')
  link?.classList.add('card')
  if (link && fields.link) link.href = fields.link
  return card
}
