/**
 * Where a call's recording is heard, personal data muted; with a reason, as it was recorded. Who begins to play it is on
 * record.
 */
export function audioOf(callId: string, reason?: string): string {
  const call = `/api/v1/calls/${encodeURIComponent(callId)}`
  return reason === undefined ? `${call}/audio` : `${call}/original?${new URLSearchParams({ reason })}`
}
