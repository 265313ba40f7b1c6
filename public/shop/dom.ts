type Props = Readonly<Record<string, string | number | boolean | EventListener | null | undefined>>
type Child = Node | string | null | undefined | false

/** Makes an element: functions listen (`onclick`), `true` is an empty attribute, false and null leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** A `<pocket-shelf>`; items without an address of their own lead to the shop's item page. */
export function shelf(attributes: Readonly<Record<string, string | number>>): HTMLElement {
  const element = document.createElement('pocket-shelf')
  for (const [name, value] of Object.entries({ link: '/item/{id}', count: 12, ...attributes }))
    element.setAttribute(name, `${value}`)
  return element
}
