/** What a call is called: as its telephone system calls it; of an id that is for machines its end alone, which differs. */

const FOR_MACHINES = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const END = 6

export function callName(externalId: string): string {
  return FOR_MACHINES.test(externalId) ? `…${externalId.slice(-END)}` : externalId
}
