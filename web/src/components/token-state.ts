/** Whether a token still works: neither revoked nor over. */
export function isLive(
  token: { revoked?: string | null | undefined; expires?: string | null | undefined },
  now = Date.now(),
): boolean {
  if (token.revoked) return false
  return !token.expires || Date.parse(token.expires) > now
}
