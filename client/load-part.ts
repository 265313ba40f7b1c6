import type { TrustScript } from './trust.ts'

/** A late script of ours and how the page may load it. */
export type Part = {
  readonly url: string
  /** Empty where the build did not pin it. */
  readonly integrity: string
  /** Of the script that asks, for pages with nonces. */
  readonly nonce: string
  readonly trust: TrustScript
}

/**
 * Loads a script that hands its function over by its own element, so that no global is needed.
 * @param name - Property of the script element that holds the function.
 * @throws Event of the script element when it cannot be loaded.
 */
export function loadPart<T>({ url, integrity, nonce, trust }: Part, name: string): Promise<T> {
  const script = document.createElement('script') as HTMLScriptElement & Record<string, unknown> // our script adds a property
  script.async = true
  script.crossOrigin = 'anonymous'
  script.referrerPolicy = 'no-referrer'
  if (integrity) script.integrity = integrity
  if (nonce) script.nonce = nonce
  script.src = trust(url)
  return new Promise((resolve, reject) => {
    script.addEventListener('error', reject)
    script.addEventListener('load', (event) => {
      script.remove()
      if (script[name])
        resolve(script[name] as T) // set by our own script
      else reject(event)
    })
    document.head.append(script)
  })
}
