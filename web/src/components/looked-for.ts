/**
 * What was looked for and not heard: the service names it by its criterion's id, or by the name that the rubric's file gives a
 * condition, and then some of its phrases. In: that text, the criterion, its title. Out: the same with the title for the id.
 */
export function lookedFor(
  matched: string,
  criterion: string,
  title: string,
  named: (what: string, which: string) => string,
): string {
  if (matched === criterion) return title
  const head = `${criterion}: `
  return matched.startsWith(head) ? named(title, matched.slice(head.length)) : matched
}
