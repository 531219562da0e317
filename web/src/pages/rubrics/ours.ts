/** Who published what came with the service: its reason is told in the reader's language. */
export const isOurs = (by: string) => by === 'service'
