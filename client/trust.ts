/** Makes an address that a page with Trusted Types accepts for scripts and workers. */
export type TrustScript = (url: string) => string

type Policy = { createScriptURL(url: string): string }
type TrustedTypes = { createPolicy(name: string, rules: Policy): Policy }

/**
 * Creates the policy `pocketshelf`, once per page: a second of the name is refused. Where the page does not list the name,
 * addresses stay plain and the browser refuses them itself.
 */
export function createTrust(): TrustScript {
  const plain: Policy = { createScriptURL: (url) => url }
  const { trustedTypes }: { trustedTypes?: TrustedTypes } = globalThis as object
  try {
    const policy = trustedTypes?.createPolicy('pocketshelf', plain) ?? plain
    return (url) => policy.createScriptURL(url)
  } catch {
    return plain.createScriptURL
  }
}
